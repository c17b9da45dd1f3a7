"""Starts a command as some other parent would, waits for it and ends with its status (128+N for a death by signal N).

    start_with.py [--ignore N,N] [--block N,N] [--files SOFT] [--descriptor N] [--exec] -- COMMAND [ARGS...]

The command inherits the signals given as ignored or blocked, and only those; --files is its soft limit of open files;
--descriptor is a descriptor number that it inherits. With --exec this process becomes the command, and the parent is the caller's.
An argument "hex:FF00" is passed as the bytes FF 00.
"""
import argparse
import os
import resource
import signal
import sys


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def main():
    separator = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("--ignore", type=numbers, default=[])
    parser.add_argument("--block", type=numbers, default=[])
    parser.add_argument("--files", type=int)
    parser.add_argument("--descriptor", type=int)
    parser.add_argument("--exec", action="store_true")
    options = parser.parse_args(sys.argv[1:separator])
    command = [bytes.fromhex(a[4:]) if a.startswith("hex:") else os.fsencode(a) for a in sys.argv[separator + 1:]]

    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):  # What Python itself changes.
        signal.signal(number, signal.SIG_DFL)
    for number in options.ignore:
        if number != signal.SIGCHLD:
            signal.signal(number, signal.SIG_IGN)
    if options.files is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (options.files, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    child = 0 if options.exec else os.fork()
    if child == 0:
        if signal.SIGCHLD in options.ignore:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, options.block)
        if options.descriptor is not None:
            os.dup2(os.open("/dev/null", os.O_RDONLY), options.descriptor, inheritable=True)
        os.execvp(command[0], command)

    _, status = os.waitpid(child, 0)
    sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


if __name__ == "__main__":
    main()
