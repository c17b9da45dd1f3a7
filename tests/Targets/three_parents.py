"""Three functions that make many short calls, each for a known share of the time.

    three_parents.py [SECONDS]      default: until standard input is closed

The calls of often are the shortest, those of sometimes twenty times as long, those of seldom a thousand times: a sampler that
loses looks where the stack changes finds too little of often. Shares planned: 50 : 30 : 20.
Stacks: <module>, main, then often, sometimes or seldom, then short or none.
Each round's length is another, so that no sampling rate keeps step with it; a function that lost the processor for a while is
given less in the next round. At the end it prints "shares A B C": the shares of the time from "ready" on, by the clock.
"""
import random
import select
import signal
import sys
import time

signal.alarm(3600)
PLAN = (0.5, 0.3, 0.2)


def short(count):
    while count:
        count -= 1


def often(until, clock=time.perf_counter):
    while clock() < until:
        for _ in range(50):
            short(1)


def sometimes(until, clock=time.perf_counter):
    while clock() < until:
        for _ in range(10):
            short(20)


def seldom(until, clock=time.perf_counter):
    while clock() < until:
        short(1000)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else None
    chance = random.Random(503020)
    spent = [0.0, 0.0, 0.0]
    planned = 0.0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    now = time.perf_counter()
    while planned < seconds if seconds else not select.select([0], [], [], 0)[0]:
        planned += chance.uniform(0.003, 0.017)
        for index, function in enumerate((often, sometimes, seldom)):
            function(now + PLAN[index] * planned - spent[index])
            then, now = now, time.perf_counter()
            spent[index] += now - then
    total = sum(spent)
    sys.stdout.write("shares %.5f %.5f %.5f\n" % tuple(part / total for part in spent))


if __name__ == "__main__":
    main()
