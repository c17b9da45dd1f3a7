"""A DNA sequence as the line that a browser draws: squiggles, as the libraries for that do it."""
import json
from io import StringIO

import walks



def handler(event, context):
    name, sequence = walks.read_fasta(StringIO(event["fasta"]))
    x, y = walks.transform(sequence, event["method"])
    return json.dumps({"name": name, "points": len(x), "last": [round(float(x[-1]), 3), round(float(y[-1]), 3)]})
