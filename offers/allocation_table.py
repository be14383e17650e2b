"""From a table of candidates and limits to the arrays of a problem, copying as little as possible."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offermill.errors import ConfigError
from offers.allocation_kernels import Arrays
from offers.allocation_problem import Problem, Rules, Terms, frozen
from offers.allocation_types import Flags, Floats, Ints, Kinds

Scalar = str | int | bool | None
_Piece = TypeVar("_Piece")
# Columns are read in pieces of this many rows: what is computed on the way stays in the cache.
_PIECE = 262_144
# Class numbers up to this take two bytes.
_FEW_CLASSES = 65_535
# Scores of whole values are exact up to here: 2^53 less the digits of prices.
_LARGEST_WHOLE = 2.0**40


class Limited(Protocol):
    """What is read of a limit (see `offers.allocation.Limit`)."""

    @property
    def name(self) -> str: ...
    @property
    def at_most(self) -> int | None: ...
    @property
    def at_least(self) -> int | None: ...
    @property
    def weight(self) -> str | None: ...
    @property
    def where(self) -> Mapping[str, Scalar | Sequence[Scalar]] | None: ...


@dataclass(frozen=True)
class Barred:
    """Candidates that limits of 0 bar, by position, and the classes they had."""

    candidates: Ints
    kinds: Kinds


@dataclass(frozen=True)
class Read:
    """A problem, the rows of the table in its order (None: the same order), and the candidates that limits of 0 bar."""

    problem: Problem
    order: Ints | None
    barred: Barred

    def closed_prices(self, net: Floats) -> Floats:
        """Return the net prices of all limits, where those of 0 get the price at which nothing they bar is worth it.

        Such a price costs the bound nothing: it makes it hold for the candidates that were left out as well.
        """
        arrays, rules, terms = self.problem.arrays, self.problem.rules, self.problem.terms
        prices, rows = net.copy(), self.barred.candidates
        closed = terms.limit[(terms.sign > 0) & (terms.amount == 0)]
        prices[closed] = 0.0
        table = rules.prices(prices, len(arrays.weights))[self.barred.kinds]
        score = arrays.value[rows] - table[:, 0] - (table[:, 1:].T * arrays.weights[:, rows]).sum(axis=0)
        for limit in closed:
            column = rules.column[limit]
            weight = np.ones(len(rows)) if column < 0 else arrays.weights[column, rows].astype(np.float64)
            touching = rules.touches[self.barred.kinds, limit] & (weight > 0)
            # A hair more than enough, so that rounding leaves nothing of what is barred.
            prices[limit] = max(0.0, float((score[touching] / weight[touching]).max(initial=0.0)) * (1 + 1e-12))
        return prices

    def rows(self, candidates: Ints) -> Ints:
        """Return the table's rows of candidates, ascending."""
        return np.sort(candidates if self.order is None else self.order[candidates])


def read(candidates: pa.Table, limits: Sequence[Limited], threads: int) -> Read:
    """Return the problem; raise ConfigError for columns that cannot be meant (see `offers.allocation.allocate`)."""
    order, customer = _order(candidates, threads)
    value = _taken(_values(candidates["value"]), order)
    names = sorted({limit.weight for limit in limits if limit.weight is not None})
    columns = {name: _weights(candidates, name, limits) for name in names}
    weights = _stacked([_taken(column, order) for column in columns.values()], len(value))
    kinds, touches = _classes(candidates, limits, order, threads)
    column = np.array([names.index(limit.weight) if limit.weight else -1 for limit in limits], dtype=np.int64)
    rules = Rules(np.vstack([touches, np.zeros((1, len(limits)), dtype=np.bool_)]), column)
    barred = _bury(kinds, value, weights, _closed(limits, rules, len(names)), threads)
    starts = _starts(customer, len(value), threads)
    arrays = frozen(Arrays(value, weights, kinds, starts))
    return Read(Problem(arrays, rules, _terms(limits), _price_scale(value), threads), order, barred)


def _terms(limits: Sequence[Limited]) -> Terms:
    caps = [(index, 1, limit.at_most) for index, limit in enumerate(limits) if limit.at_most is not None]
    minima = [(index, -1, -limit.at_least) for index, limit in enumerate(limits) if limit.at_least]
    limit, sign, amount = np.array(caps + minima, dtype=np.int64).reshape(-1, 3).T
    return Terms(limit, sign, amount)


def _plain(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return the column as one array, with one dictionary if it has any."""
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.concat_arrays(joined.chunks)


def _values(column: pa.ChunkedArray) -> Floats:
    plain = _plain(column)
    is_number = pa.types.is_integer(plain.type) or pa.types.is_floating(plain.type)
    if is_number and not plain.null_count:
        value = np.asarray(plain.to_numpy(zero_copy_only=False), dtype=np.float64)
        # A sum is not finite where a value is not; only then is it worth looking at each.
        if np.isfinite(value.sum()) or np.isfinite(value).all():
            return value
    raise ConfigError("allocate: the column value must hold finite numbers.")


def _weights(candidates: pa.Table, name: str, limits: Sequence[Limited]) -> Ints:
    plain = _plain(candidates[name])
    if pa.types.is_integer(plain.type) and not plain.null_count:
        weight = np.asarray(plain.to_numpy(zero_copy_only=False), dtype=np.int64)
        if not len(weight) or weight.min() >= 0:
            return weight
    limit = next(limit.name for limit in limits if limit.weight == name)
    raise ConfigError(f"allocate: limit {limit!r}: the column {name!r} must hold whole numbers of 0 or more.")


def _price_scale(value: Floats) -> int:
    """Return 2^k: scores of whole values less prices in multiples of 2^-k are exact in a double; 0: not whole."""
    largest = float(value.max(initial=1.0))
    for begin in range(0, len(value), _PIECE):
        piece = value[begin : begin + _PIECE]
        if largest > _LARGEST_WHOLE or not (piece == np.rint(piece)).all():
            return 0
    return int(2 ** min(50 - int(np.ceil(np.log2(max(largest, 1.0)))), 40))


@dataclass(frozen=True)
class _Key:
    """A column whose values are compared: whole numbers, or positions in a dictionary and their ranks."""

    codes: Ints
    rank: Ints | None

    def piece(self, begin: int, end: int) -> Ints:
        """Return whole numbers that order like the rows' values."""
        codes = self.codes[begin:end]
        return codes if self.rank is None else self.rank[codes]


def _key(candidates: pa.Table, name: str) -> _Key:
    plain = _plain(candidates[name])
    if plain.null_count:
        raise ConfigError(f"allocate: {plain.null_count} rows have no {name}; each candidate needs one.")
    if pa.types.is_integer(plain.type):
        return _Key(np.asarray(plain.to_numpy(zero_copy_only=False)), None)
    encoded = plain if pa.types.is_dictionary(plain.type) else pc.dictionary_encode(plain)
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return _Key(encoded.indices.to_numpy(), rank)


def _in_pieces(task: Callable[[int, int], _Piece], count: int, threads: int) -> list[_Piece]:
    """Return what the task returns for each piece of `count` rows, in order."""
    pieces = [(begin, min(begin + _PIECE, count)) for begin in range(0, count, _PIECE)]
    if threads == 1 or len(pieces) <= 1:
        return [task(*piece) for piece in pieces]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda piece: task(*piece), pieces))


def _order(candidates: pa.Table, threads: int) -> tuple[Ints | None, _Key]:
    """Return the rows' order by customer and offer (None: as they are) and the customers in that order."""
    customer, offer = _key(candidates, "customer_id"), _key(candidates, "offer_id")
    count = candidates.num_rows

    def is_sorted(begin: int, end: int) -> bool:
        # One row more than the piece, so that the seam is compared as well.
        whose, what = customer.piece(begin, end + 1), offer.piece(begin, end + 1)
        same = whose[1:] == whose[:-1]
        return bool(((whose[1:] > whose[:-1]) | (same & (what[1:] >= what[:-1]))).all())

    if all(_in_pieces(is_sorted, count, threads)):
        return None, customer
    whose = customer.piece(0, count)
    order = np.lexsort((offer.piece(0, count), whose))
    return order, _Key(whose[order], None)


def _starts(customer: _Key, count: int, threads: int) -> Ints:
    """Return the first row of each customer, and the number of rows."""

    def begins(begin: int, end: int) -> Ints:
        codes = customer.codes[max(begin - 1, 0) : end]
        found = np.flatnonzero(codes[1:] != codes[:-1]) + max(begin, 1)
        return np.concatenate([[0], found]) if begin == 0 else found

    return np.concatenate([*_in_pieces(begins, count, threads), [count]]).astype(np.int64)


def _taken(column: Kinds, order: Ints | None) -> Kinds:
    return column if order is None else column[order]


def _stacked(columns: list[Ints], count: int) -> Ints:
    if len(columns) == 1:
        return np.ascontiguousarray(columns[0]).reshape(1, count)
    return np.array(columns, dtype=np.int64).reshape(len(columns), count)


def _classes(candidates: pa.Table, limits: Sequence[Limited], order: Ints | None, threads: int) -> tuple[Kinds, Flags]:
    """Return each candidate's class, and which limits a class touches (classes x limits)."""
    touches = np.ones((1, len(limits)), dtype=np.bool_)
    kinds: Kinds = np.zeros(candidates.num_rows, dtype=np.uint16)
    for name in sorted({column for limit in limits for column in limit.where or {}}):
        codes, patterns, pattern = _patterns(candidates, name, limits)
        count = len(touches) * len(patterns)
        if count <= _FEW_CLASSES and kinds.dtype == np.uint16:
            _combine(kinds, len(patterns), codes, pattern, threads)
            used = np.arange(count)
        else:
            kinds = kinds.astype(np.int64)
            _combine(kinds, len(patterns), codes, pattern, threads)
            used, kinds = np.unique(kinds, return_inverse=True)
        touches = touches[used // len(patterns)] & patterns[used % len(patterns)]
    return _taken(_smallest(kinds, len(touches)), order), touches


def _combine(kinds: Kinds, count: int, codes: Ints, pattern: Ints, threads: int) -> None:
    """Make each class number that of the pair (class, set of limits)."""
    pattern = pattern.astype(kinds.dtype)

    def combine(begin: int, end: int) -> None:
        piece = kinds[begin:end]
        piece *= kinds.dtype.type(count)
        piece += pattern[codes[begin:end]]

    _in_pieces(combine, len(kinds), threads)


def _smallest(kinds: Kinds, count: int) -> Kinds:
    return kinds.astype(np.uint16 if count <= _FEW_CLASSES else np.int32, copy=False)


def _patterns(candidates: pa.Table, name: str, limits: Sequence[Limited]) -> tuple[Ints, Flags, Ints]:
    """Return a column's codes, the different sets of limits that its values touch, and the set of each code."""
    plain = _plain(candidates[name])
    if pa.types.is_dictionary(plain.type):
        # A null is one more code behind those of the dictionary.
        codes = plain.indices.cast(pa.int64()).fill_null(len(plain.dictionary)) if plain.null_count else plain.indices
        values = pa.concat_arrays([plain.dictionary, pa.nulls(1, plain.dictionary.type)])
    else:
        encoded = pc.dictionary_encode(plain, null_encoding="encode")
        codes, values = encoded.indices, encoded.dictionary
    touched = [_wanted(values, limit, name) for limit in limits]
    patterns, pattern = np.unique(np.array(touched, dtype=np.bool_).T, axis=0, return_inverse=True)
    return codes.to_numpy(), patterns, np.asarray(pattern).reshape(-1)


def _wanted(values: pa.Array, limit: Limited, name: str) -> Flags:
    """Tell which values a limit is about."""
    where = limit.where or {}
    if name not in where:
        return np.ones(len(values), dtype=np.bool_)
    wanted = where[name]
    listed = [wanted] if isinstance(wanted, str | int | bool) or wanted is None else list(wanted)
    try:
        return np.asarray(pc.is_in(values, value_set=pa.array(listed, type=values.type)).to_numpy(zero_copy_only=False))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise ConfigError(
            f"allocate: limit {limit.name!r}: the column {name!r} holds {values.type}, which {wanted!r} is not."
        ) from error


def _bury(kinds: Kinds, value: Floats, weights: Ints, closed: Flags, threads: int) -> Barred:
    """Put candidates that nobody may choose into the last class; return those barred by a limit of 0 only.

    `closed` tells per class which of "counts" and the weight columns a limit of 0 adds up.
    """
    last = len(closed) - 1

    def bury(begin: int, end: int) -> tuple[Ints, Kinds]:
        kind, is_barred = kinds[begin:end], np.zeros(end - begin, dtype=np.bool_)
        for column in np.flatnonzero(closed.any(axis=0)):
            is_barred |= closed[kind, column] & ((weights[column - 1, begin:end] > 0) if column else True)
        is_barred &= value[begin:end] > 0
        rows = np.flatnonzero(is_barred)
        barred = rows + begin, kind[rows]
        kind[is_barred | ~(value[begin:end] > 0)] = last
        return barred

    found = _in_pieces(bury, len(kinds), threads)
    nothing = np.zeros(0, dtype=np.int64)
    rows, classes = [nothing, *(rows for rows, _ in found)], [nothing, *(classes for _, classes in found)]
    return Barred(np.concatenate(rows), np.concatenate(classes).astype(np.int64))


def _closed(limits: Sequence[Limited], rules: Rules, columns: int) -> Flags:
    closed = np.zeros((len(rules.touches), columns + 1), dtype=np.bool_)
    for index, limit in enumerate(limits):
        if limit.at_most == 0:
            closed[:, rules.column[index] + 1] |= rules.touches[:, index]
    return closed
