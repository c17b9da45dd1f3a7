"""Where plugins register."""
plugins = []


def add(function):
    plugins.append(function)
    return function
