"""JSON texts of many rows of which few differ: each is made once and pointed at."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from offers.people import Ints

# What a row says of a name from a few whole numbers; None for nothing.
Entry = Callable[..., list[object] | None]


class JsonTexts:
    """One JSON object per row, built up name by name."""

    def __init__(self, rows: int) -> None:
        self._kind = np.zeros(rows, dtype=np.int64)
        self._texts = [""]

    def add(self, name: str, columns: Sequence[Ints], entry: Entry) -> None:
        """Add `name: entry(values)` to every row, the values being those of the columns in that row."""
        kinds, firsts = self._kind, np.zeros(0, dtype=np.int64)
        for column in columns:
            kinds, firsts = _joined(kinds, column)
        self._texts = [
            self._texts[self._kind[at]] + _entry(name, entry(*(int(c[at]) for c in columns))) for at in firsts
        ]
        self._kind = kinds

    def as_arrow(self) -> pa.DictionaryArray:
        """Return the texts, one per row."""
        whole = ["{" + text.removeprefix(", ") + "}" for text in self._texts]
        return pa.DictionaryArray.from_arrays(pa.array(self._kind.astype(np.int32)), pa.array(whole, pa.string()))


def _joined(kinds: Ints, column: Ints) -> tuple[Ints, Ints]:
    """Return a number per row for each different (kind, value), and the first row of each number."""
    place, values = pd.factorize(column)
    found, numbers = pd.factorize(kinds * max(len(values), 1) + place)
    firsts = np.zeros(len(numbers), dtype=np.int64)
    firsts[found[::-1]] = np.arange(len(found))[::-1]
    return found.astype(np.int64), firsts


def _entry(name: str, said: list[object] | None) -> str:
    return "" if said is None else f", {json.dumps(name, ensure_ascii=False)}: {json.dumps(said)}"
