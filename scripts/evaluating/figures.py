"""Medians, their intervals, and tables."""
import random
import statistics


def median(values):
    values = list(values)
    return statistics.median(values) if values else float("nan")


def interval(values, statistic=median, share=0.95, rounds=1000):
    """The bootstrap interval of a statistic of a list; always the same for the same list."""
    values = list(values)
    chance = random.Random(len(values))
    found = sorted(statistic([chance.choice(values) for _ in values]) for _ in range(rounds))
    cut = int(rounds * (1 - share) / 2)
    return found[cut], found[-1 - cut]


def ratio(pairs):
    """How many times less the second of each pair takes: of the medians, with its interval over pairs."""
    def of(chosen):
        return median(before for before, _ in chosen) / max(1e-9, median(after for _, after in chosen))
    pairs = list(pairs)
    return (of(pairs),) + interval(pairs, of)


def geometric(values):
    values = list(values)
    return statistics.geometric_mean(values) if values else float("nan")


def table(header, rows):
    """Prints a Markdown table."""
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)
