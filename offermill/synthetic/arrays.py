"""Small helpers between NumPy arrays and Arrow columns."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

type_of_money = pa.decimal128(18, 2)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Random = np.random.Generator


def decimals(units: Ints, kind: pa.DataType = type_of_money) -> pa.Array:
    """Decimal column from integers counted in the last decimal place (1234 -> 12.34)."""
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    return pa.Array.from_buffers(kind, len(units), [None, pa.py_buffer(words)])


def blanked(column: pa.Array, is_blank: Bools) -> pa.Array:
    """The column with null wherever ``is_blank``."""
    return pc.if_else(pa.array(is_blank), pa.scalar(None, column.type), column)


def numbered(prefix: str, numbers: Ints) -> pa.Array:
    """Text ids: the prefix followed by the number."""
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")


def picked(words: Any, codes: NDArray[Any]) -> pa.Array:
    """Text column: ``words[code]``; a negative code is null."""
    lookup = pa.array(words, pa.string())
    safe = pc.take(lookup, pa.array(np.maximum(codes, 0)))
    return blanked(safe, codes < 0) if (codes < 0).any() else safe


def moments(seconds: Ints) -> pa.Array:
    """UTC timestamps from seconds since 1970 UTC."""
    return pa.array(seconds * 1_000_000).cast(pa.timestamp("us", "UTC"))


def days(numbers: Ints) -> pa.Array:
    """Dates from days since 1970."""
    return pa.array(numbers.astype(np.int32)).cast(pa.date32())


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One contiguous array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def cents(values: Floats) -> Ints:
    """Integer minor units, half away from zero, of non-negative amounts already counted in minor units."""
    return np.floor(values + 0.5).astype(np.int64)


def share_of(minor: Ints, pct: Ints) -> Ints:
    """``pct`` percent of non-negative minor units, rounded half away from zero, in integers."""
    return (minor * pct * 2 + 100) // 200


def unit_hash(left: NDArray[Any], right: NDArray[Any] | int, salt: int) -> Floats:
    """A fixed number in [0, 1) for every pair (SplitMix64), for choices that never change."""
    mixed = left.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = mixed + np.atleast_1d(right).astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(salt)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def generator(seed: int, *path: int) -> Random:
    """An independent stream for one place of the shop, whatever order the places are made in."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=path)))
