"""Walks along DNA sequences. Knows how to download one, to draw several with progress, and methods that need arrays."""
import numpy as np
import requests
from tqdm import tqdm

STEPS = {"A": (0.5, -0.5), "C": (-0.5, -0.5), "T": (-0.5, 0.5), "G": (0.5, 0.5), "N": (0.0, 0.0)}


def download(accession, host="https://www.ebi.ac.uk/ena/browser/api/fasta/"):
    """The sequence with an accession number."""
    answer = requests.get(host + accession, timeout=30)
    answer.raise_for_status()
    return answer.text


def read_fasta(lines):
    """Name and sequence of the first entry."""
    name, parts = "", []
    for line in lines:
        if line.startswith(">"):
            if parts:
                break
            name = line[1:].strip()
        else:
            parts.append(line.strip().upper())
    return name, "".join(parts)


def transform(sequence, method="squiggle"):
    """Coordinates of the walk."""
    if method == "squiggle":
        x, y = [0.0], [0.0]
        for base in sequence:
            first, second = STEPS.get(base, STEPS["N"])
            x += [x[-1] + 0.5, x[-1] + 1.0]
            y += [y[-1] + first, y[-1] + first + second]
        return x, y
    if method == "gates":
        steps = np.array([STEPS.get(base, STEPS["N"]) for base in sequence])
        return np.cumsum(steps[:, 0]), np.cumsum(steps[:, 1])
    raise ValueError("no such method: " + method)


def transform_all(sequences, method="squiggle"):
    """Of many sequences, with a progress bar."""
    return [transform(sequence, method) for sequence in tqdm(sequences)]
