"""Keeps things as they are for a few looks of the sampler."""
import time


def hold():
    time.sleep(0.003)
