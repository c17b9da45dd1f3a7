"""A serverless runtime as providers have it: imports the handler that $_HANDLER names and asks the Runtime API for one event after another."""
import importlib
import json
import os
import sys
import urllib.request

API = "http://%s/2018-06-01/runtime/" % os.environ["AWS_LAMBDA_RUNTIME_API"]


def main():
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    module, _, function = os.environ["_HANDLER"].rpartition(".")
    handler = getattr(importlib.import_module(module), function)
    while True:
        with urllib.request.urlopen(API + "invocation/next") as answer:
            event, request = json.load(answer), answer.headers["Lambda-Runtime-Aws-Request-Id"]
        body = json.dumps(handler(event, None)).encode()
        urllib.request.urlopen(urllib.request.Request(API + "invocation/%s/response" % request, data=body, method="POST")).close()


main()
