"""Imports MODULES generated modules, then keeps THREADS threads alive for a moment: many.py MODULES THREADS DIRECTORY"""
import importlib
import os
import sys
import threading

modules, threads, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
for package in range((modules + 99) // 100):
    place = os.path.join(directory, "gen%d" % package)
    if not os.path.isdir(place):
        os.makedirs(place)
        open(os.path.join(place, "__init__.py"), "w").close()
        for n in range(min(100, modules - package * 100)):
            with open(os.path.join(place, "m%d.py" % n), "w") as file:
                file.write("def f(x):\n    return x + %d\n\n\nclass C:\n    def g(self):\n        return f(1)\n" % n)
sys.path.insert(0, directory)
for n in range(modules):
    importlib.import_module("gen%d.m%d" % (n // 100, n % 100))

ready = threading.Barrier(threads + 1)
done = threading.Event()


def wait(n):
    ready.wait()
    sum(range(20000))
    done.wait()


workers = [threading.Thread(target=wait, args=(n,), name="worker %d" % n) for n in range(threads)]
for worker in workers:
    worker.start()
ready.wait()
total = sum(i * i for i in range(3000000))
done.set()
for worker in workers:
    worker.join()
