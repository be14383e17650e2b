"""What a reader can work out: shown figures are equations over all the people one could imagine."""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np

Person = dict[str, str]
Which = Callable[[Person], bool]


def people(**attributes: Iterable[str]) -> list[Person]:
    """Return every kind of person there could be."""
    names = list(attributes)
    return [dict(zip(names, values, strict=True)) for values in product(*attributes.values())]


class Reader:
    """Somebody who reads every table and knows how sums work, but not who the people are."""

    def __init__(self, kinds: Sequence[Person]) -> None:
        self.kinds = kinds
        self.shown: dict[Any, np.ndarray] = {}
        self.hidden: dict[Any, np.ndarray] = {}

    def reads(self, name: Any, which: Which, said: str) -> None:
        """Take a cell of a page: a number, or words that stand for none."""
        line = np.array([float(which(kind)) for kind in self.kinds])
        if line.any():
            (self.shown if said.replace(",", "").isdigit() else self.hidden)[name] = line

    def learns(self) -> list[Any]:
        """Return the hidden cells that follow from the shown ones: those in the space that these span."""
        if not self.shown:
            return []
        _, weights, axes = np.linalg.svd(np.array(list(self.shown.values())), full_matrices=False)
        span = axes[weights > 1e-9]
        return [name for name, line in self.hidden.items() if np.allclose(line @ span.T @ span, line, atol=1e-6)]
