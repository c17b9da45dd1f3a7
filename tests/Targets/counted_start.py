"""Imports a good part of the standard library and says how long it took.

At its end it prints "start CLOCK WAITING CPU": from its first line on, seconds by the clock and seconds of waiting for a processor
(/proc/PID/schedstat; where there is no /proc, all that it did not run); and seconds of processor time since its exec.
"""
import time


def waited():
    try:
        with open("/proc/self/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except IOError:
        return time.perf_counter() - time.process_time()


begin = time.perf_counter()
before = waited()

import argparse, asyncio, concurrent.futures, csv, decimal, difflib, doctest, email.mime.multipart  # noqa: E401, E402, F401
import http.server, json, logging.config, multiprocessing.pool, pdb, pickletools, statistics  # noqa: E401, E402, F401
import tarfile, unittest.mock, urllib.request, xml.dom.minidom, xmlrpc.client, zipfile  # noqa: E401, E402, F401

print("start %.9f %.9f %.9f" % (time.perf_counter() - begin, waited() - before, time.process_time()))
