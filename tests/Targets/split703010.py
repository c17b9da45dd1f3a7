"""Three functions that share the time 70 : 20 : 10 by construction.

    split703010.py [SECONDS]    default 5

Each round is cut 7 : 2 : 1; its length changes from round to round, so that no sampling rate keeps step with it.
A function that lost the processor for a while is given less in the next round: the sums come out right.
Stacks: <module>, main, then seventy, twenty or ten (or neither, for microseconds in between).
At the end it prints "shares A B C": the shares of the time between the first and the last round, by the clock.
"""
import random
import signal
import sys
import time

signal.alarm(600)


def seventy(until, clock=time.perf_counter):
    while clock() < until:
        pass


def twenty(until, clock=time.perf_counter):
    while clock() < until:
        pass


def ten(until, clock=time.perf_counter):
    while clock() < until:
        pass


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    chance = random.Random(703010)
    spent = [0.0, 0.0, 0.0]
    planned = 0.0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    now = time.perf_counter()
    while planned < seconds:
        planned += min(chance.uniform(0.003, 0.017), seconds - planned + 1e-9)
        for index, share, function in ((0, 0.7, seventy), (1, 0.2, twenty), (2, 0.1, ten)):
            function(now + share * planned - spent[index])
            then, now = now, time.perf_counter()
            spent[index] += now - then
    total = sum(spent)
    sys.stdout.write("shares %.5f %.5f %.5f\n" % tuple(part / total for part in spent))


if __name__ == "__main__":
    main()
