"""Functions that nobody calls."""
import functools


def decorate(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


def first():
    return [x for x in ()]


class Second:
    def method(self):
        return first()

    @property
    def value(self):
        return 2

    @staticmethod
    def static():
        return 3

    @classmethod
    def of_class(cls):
        return lambda: 4
