"""Checks settings in YAML and gives them as JSON."""
import json

import yaml



def handler(event, context):
    settings = yaml.safe_load(event["yaml"])
    missing = [key for key in ("service", "replicas") if key not in settings]
    return {"missing": missing, "settings": json.dumps(settings, sort_keys=True)}
