"""Works at a known depth and says on request how much it has done: what shows whether looking at it slows it down.

    working.py [DEPTH [THREADS]]    default 20 and 1

With one thread, its stack is: <module>, main, DEPTH times level, spin. With more, each of THREADS has frames of threading.py,
work, DEPTH times level, spin, all contending for the GIL, and the main thread waits in a read of standard input.
For each line on standard input it prints "ROUNDS CLOCK": rounds of its loop so far, and seconds by the clock. It ends when standard
input is closed.
"""
import select
import signal
import sys
import threading
import time

signal.alarm(3600)
ROUND = 20000


def answer(counts):
    line = sys.stdin.readline()
    if not line:
        return False
    sys.stdout.write("%d %.9f\n" % (sum(counts), time.perf_counter()))
    sys.stdout.flush()
    return True


def spin(counts, index, alone):
    while True:
        count = 0
        while count < ROUND:
            count += 1
        counts[index] += 1
        if alone:
            if select.select([0], [], [], 0)[0] and not answer(counts):
                return
        elif counts[-1]:
            return


def level(left, counts, index, alone):
    if left > 1:
        level(left - 1, counts, index, alone)
    else:
        spin(counts, index, alone)


def work(depth, counts, index):
    level(depth, counts, index, False)


def main():
    depth = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    counts = [0] * (count + 1)  # The last: whether to end.
    threads = [threading.Thread(target=work, args=(depth, counts, index)) for index in range(count if count > 1 else 0)]
    for thread in threads:
        thread.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if threads:
        while answer(counts):
            pass
        counts[-1] = 1
        for thread in threads:
            thread.join()
    else:
        level(depth, counts, 0, True)


if __name__ == "__main__":
    main()
