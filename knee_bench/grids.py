"""At which concurrencies do people measure?"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator

Grid = tuple[int, ...]

# The list that the copies of wrktest.sh have in common.
WRKTEST: Grid = (200, 500, 1000, 3000, 5000, 10000, 15000, 20000, 25000, 50000)
DOUBLING: Grid = tuple(2**power for power in range(11))
BY_FOUR: Grid = (1, 4, 16, 64, 256, 1024)
REFINED = "by four, refined"


def _linear(rng: Generator) -> Grid:
    width = int(rng.choice([2, 5, 10, 25, 50, 100]))
    return tuple(width * place for place in range(1, 13))


def _decimal(rng: Generator) -> Grid:
    """5, 10, 20, 50 and so on."""
    last = int(rng.integers(5, 9))
    return (5, 10, 20, 50, 100, 200, 500, 1000)[:last]


def _coarse(rng: Generator) -> Grid:
    """Six steps of a round factor."""
    first = int(rng.choice([1, 2, 5, 10]))
    factor = float(rng.choice([2.5, 3.0, 5.0]))
    return tuple(sorted({max(1, round(first * factor**place)) for place in range(6)}))


GRIDS: Mapping[str, Callable[[Generator], Grid]] = {
    "wrktest list": lambda _: WRKTEST,
    "doubling": lambda _: DOUBLING,
    "by four": lambda _: BY_FOUR,
    "12 linear": _linear,
    "5/10/20/50": _decimal,
    "six coarse": _coarse,
    REFINED: lambda _: BY_FOUR,
}
# How often each grid is drawn.
WEIGHTS: Mapping[str, float] = {
    "wrktest list": 1,
    "doubling": 3,
    "by four": 1,
    "12 linear": 2,
    "5/10/20/50": 2,
    "six coarse": 1,
    REFINED: 3,
}


def cut_at(grid: Grid, enough: float) -> Grid:
    """The grid up to its first level that is enough, as a climb that ends by itself has it."""
    beyond = [level for level in grid if level >= enough]
    return tuple(level for level in grid if not beyond or level <= beyond[0])


def refined(grid: Grid, rng: Generator, knee: float) -> Grid:
    """The grid with up to four more levels around a knee that is known to a factor of 1.5."""
    about = knee * float(np.exp(rng.uniform(-np.log(1.5), np.log(1.5))))
    more = {max(1, round(about * factor)) for factor in (0.5, 0.8, 1.25, 2.0)}
    within = {level for level in more if grid[0] <= level <= grid[-1]}
    return tuple(sorted({*grid, *within}))
