"""Functions that are reached through decorators, containers, classes and closures alone."""
import functools


def decorate(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


class Base:
    def method(self):
        return 1


class Derived(Base):
    pass


class Value:
    def __init__(self, function):
        self.function = function

    def __get__(self, instance, owner):
        return self.function(instance)


class Holder:
    @Value
    def computed(self):
        return 5

    @functools.lru_cache(None)
    def cached(self):
        return 6


@decorate
def inner(x):
    return x + 1
