"""Many threads, each parked in functions of its own, until standard input is closed.

    many_threads.py [N]     N threads (default 500)

The thread named "worker-7" has, after frames of threading.py: work_7, park_7, then frames of threading.py (Event.wait).
The main thread has: <module>, main.
"""
import signal
import sys
import threading

signal.alarm(600)

SOURCE = """
def park_{0}():
    parked.release()
    leave.wait()

def work_{0}():
    park_{0}()
"""


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    parked = threading.Semaphore(0)
    leave = threading.Event()
    threading.stack_size(256 * 1024)
    threads = []
    for number in range(count):
        names = {"parked": parked, "leave": leave}
        exec(compile(SOURCE.format(number), "<worker %d>" % number, "exec"), names)
        threads.append(threading.Thread(target=names["work_%d" % number], name="worker-%d" % number))
        threads[-1].start()
    for number in range(count):
        parked.acquire()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    leave.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
