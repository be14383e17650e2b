"""What was given and what became of it, cut by time and by two of offer, channel, segment and store at once.

Readers filter these cells. Every count of few people is gone before it leaves the house, and what would give one away
with it: from totals, from the other dimension, from the other nights. Tables that the pages show without a filter are
made of the same cells, so that there is nothing else to subtract from.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pandas as pd

from dashboards import wholes
from dashboards.queries import Row
from dashboards.suppression import hidden_cells, hidden_values

FILE = "slices.js"
# Dimension -> column of the queries. With three at once hardly a cell holds five people: those are told as bounds.
DIMENSIONS = {"offer": "offer_id", "channel": "channel", "segment": "segment", "store": "store_id"}
# Count of people -> the count that it is a part of: a cell hidden there is hidden here.
COUNTS = {
    "given_count": None,
    "offered_count": "given_count",
    **dict.fromkeys(
        ("accepted_count", "delivered_count", "opened_count", "clicked_count", "redeemed_count", "credited_count",
         "owed_count"),
        "offered_count",
    ),
}  # fmt: skip
# Money -> the people it belongs to.
MONEY = {
    "cost_minor": "given_count",
    "worst_cost_minor": "given_count",
    "value_minor": "given_count",
    "owed_minor": "owed_count",
}
MEASURES = (*COUNTS, *MONEY)
# Nights told one by one; the months before them stand as months.
NIGHTS = 14
# A page that takes longer than a second to load on a slow line is not opened twice.
BYTES_AT_MOST = 330_000

# Stands between an offer and its campaign where several campaigns have the offer; no id holds it.
_OF_CAMPAIGN = "\x1f"

Figures = tuple[int | None, ...]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Bin:
    """A night, or what lies before the last nights of a month."""

    name: str
    start: date
    end: date


@dataclass(frozen=True)
class Slices:
    """The cells.

    Attributes:
        bins: the oldest first; the last one may be tonight.
        campaigns: offer -> campaign; an offer of several campaigns has a value per campaign (`offer_of`).
        tables: dimensions of a table -> (bin, values of the dimensions) -> a figure per measure; None is hidden.
        totals: no or one dimension -> ("", value) -> the sums of all bins, told also where single bins are hidden.
        wholes: campaign -> its sums of all bins where some of its offers are hidden; None is not told.
        missing: tables of the warehouse that were not made, so that there are no cells.
    """

    bins: tuple[Bin, ...] = ()
    campaigns: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[Key, Mapping[Key, Figures]] = field(default_factory=dict)
    totals: Mapping[Key, Mapping[Key, Figures]] = field(default_factory=dict)
    wholes: Mapping[str, Figures] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def offer_of(self, value: str) -> str:
        """Return the offer's id."""
        return value.partition(_OF_CAMPAIGN)[0]

    def values(self, dimension: str) -> list[str]:
        """Return the values that a dimension takes, sorted."""
        return sorted({key[1] for key in self.tables.get((dimension,), {})})

    def figures(self, names: Key, key: Key) -> dict[str, int | None]:
        """Return the figures of one cell by measure; nobody is in a cell that is not there."""
        found = self.tables.get(names, {}).get(key, (0,) * len(MEASURES))
        return dict(zip(MEASURES, found, strict=True))


def bin_of(day: date, last: date) -> str:
    """Return the night, or the month of a day before the last nights."""
    return day.isoformat() if day > last - timedelta(days=NIGHTS) else day.strftime("%Y-%m")


def _frame(rows: Iterable[Row], last: date) -> pd.DataFrame:
    columns = ["business_date", "campaign_id", *DIMENSIONS.values(), *MEASURES]
    frame = pd.DataFrame(list(rows), columns=columns)
    frame[list(MEASURES)] = frame[list(MEASURES)].fillna(0).astype("int64")
    many = frame.groupby("offer_id")["campaign_id"].transform("nunique") > 1
    frame["offer_id"] = frame["offer_id"].where(~many, frame["offer_id"] + _OF_CAMPAIGN + frame["campaign_id"])
    frame["bin"] = [bin_of(day, last) for day in frame["business_date"]]
    return frame


def _summed(frame: pd.DataFrame, names: Sequence[str]) -> dict[Key, tuple[int, ...]]:
    """Return the sums of the measures by bin and dimensions."""
    columns = ["bin", *(DIMENSIONS[name] for name in names)]
    sums = frame.groupby(columns, sort=True)[list(MEASURES)].sum()
    keys = sums.index.tolist()
    return {
        tuple(map(str, key)) if isinstance(key, tuple) else (str(key),): tuple(map(int, figures))
        for key, figures in zip(keys, sums.to_numpy(), strict=True)
    }


Hidden = dict[str, set[Key]]  # count -> hidden cells


def _counts(sums: Mapping[Key, Sequence[int]], count: str) -> dict[Key, int]:
    place = MEASURES.index(count)
    return {key: figures[place] for key, figures in sums.items()}


def _of_bins(sums: Mapping[Key, Sequence[int]], minimum: int) -> Hidden:
    """Return the bins whose totals are hidden: the sum of all bins may be known."""
    found: Hidden = {}
    for count, parent in COUNTS.items():
        counts = {key[0]: number for key, number in _counts(sums, count).items()}
        start = {key[0] for key in found[parent]} if parent else frozenset()
        found[count] = {(name,) for name in hidden_values(counts, minimum, start=start)}
    return found


def _of_totals(totals: Mapping[Key, Sequence[int]], minimum: int) -> Hidden:
    """Return the values whose sums of all bins are hidden: the sum of all values may be known."""
    found: Hidden = {}
    for count, parent in COUNTS.items():
        counts = {key[-1]: number for key, number in _counts(totals, count).items()}
        start = {key[-1] for key in found[parent]} if parent else frozenset()
        hidden = hidden_values(counts, minimum, start=start)
        found[count] = {key for key in totals if key[-1] in hidden}
    return found


def _of_values(sums: Mapping[Key, Sequence[int]], bins: Hidden, totals: Hidden, minimum: int) -> Hidden:
    """Return the hidden cells of bins by one dimension: totals of bins and of values over time are known."""
    found: Hidden = {}
    for count, parent in COUNTS.items():
        counts = {(key[0], key[1]): number for key, number in _counts(sums, count).items()}
        unknown = ({key[0] for key in bins[count]}, {key[1] for key in totals[count]})
        start = {(key[0], key[1]) for key in found[parent]} if parent else frozenset()
        found[count] = set(hidden_cells(counts, minimum, unknown=unknown, start=start))
    return found


def _of_pairs(sums: Mapping[Key, Sequence[int]], one: Hidden, other: Hidden, minimum: int) -> Hidden:
    """Return the hidden cells of bins by two dimensions, a table per bin."""
    found: Hidden = {count: set() for count in COUNTS}
    bins = sorted({key[0] for key in sums})
    for name in bins:
        tonight = {key: figures for key, figures in sums.items() if key[0] == name}
        for count, parent in COUNTS.items():
            counts = {(key[1], key[2]): number for key, number in _counts(tonight, count).items()}
            unknown = (_values_at(one[count], name), _values_at(other[count], name))
            start = {(key[1], key[2]) for key in found[parent] if key[0] == name} if parent else frozenset()
            hidden = hidden_cells(counts, minimum, unknown=unknown, start=start)
            found[count] |= {(name, *cell) for cell in hidden}
    return found


def _over_time(sums: Mapping[Key, Sequence[int]]) -> dict[Key, tuple[int, ...]]:
    """Return the sums of all bins, with "" for the bin."""
    found: dict[Key, tuple[int, ...]] = {}
    for key, figures in sums.items():
        whole = ("", *key[1:])
        found[whole] = tuple(map(sum, zip(found[whole], figures, strict=True))) if whole in found else tuple(figures)
    return found


def _values_at(hidden: Set[Key], name: str) -> set[str]:
    return {key[1] for key in hidden if key[0] == name}


def _shown(sums: Mapping[Key, Sequence[int]], hidden: Hidden) -> dict[Key, Figures]:
    """Return the cells with None where a figure, or the people behind it, are hidden."""
    owners = [*COUNTS, *MONEY.values()]
    return {
        key: tuple(
            None if figure and key in hidden[owner] else figure for figure, owner in zip(figures, owners, strict=True)
        )
        for key, figures in sums.items()
    }


def of(rows: Iterable[Row], minimum: int, last: date) -> Slices:
    """Return the cells that may be shown on the pages of the night `last`."""
    frame = _frame(rows, last)
    if frame.empty:
        return Slices()
    sums = {names: _summed(frame, names) for size in range(3) for names in combinations(DIMENSIONS, size)}
    hidden: dict[Key, Hidden] = {(): _of_bins(sums[()], minimum)}
    over_time = {names: _over_time(sums[names]) for names in ((), *((name,) for name in DIMENSIONS))}
    gone = {names: _of_totals(totals, minimum) for names, totals in over_time.items()}
    for name in DIMENSIONS:
        hidden[name,] = _of_values(sums[name,], hidden[()], gone[name,], minimum)
    for one, other in combinations(DIMENSIONS, 2):
        hidden[one, other] = _of_pairs(sums[one, other], hidden[one,], hidden[other,], minimum)
    tables = {names: _shown(cells, hidden[names]) for names, cells in sums.items()}
    totals = {names: _shown(cells, gone[names]) for names, cells in over_time.items()}
    pairs = frame.drop_duplicates("offer_id").sort_values("offer_id")
    campaigns = dict(zip(pairs["offer_id"], pairs["campaign_id"], strict=True))
    told = _wholes(sums["offer",], hidden["offer",], (hidden[()], gone["offer",]), campaigns, minimum)
    return _fitting(Slices(_bins(frame), campaigns, tables, totals, told))


def _wholes(
    sums: Mapping[Key, Sequence[int]],
    cells: Hidden,
    unknown: tuple[Hidden, Hidden],
    campaigns: Mapping[str, str],
    minimum: int,
) -> dict[str, Figures]:
    """Return the sums of campaigns with hidden offers that may be told all the same."""
    safe = {
        count: wholes.safe(
            _counts(sums, count),
            cells[count],
            {key[0] for key in unknown[0][count]},
            {key[1] for key in unknown[1][count]},
            campaigns,
            minimum,
        )
        for count in COUNTS
    }
    owners = [*COUNTS, *MONEY.values()]
    found = {}
    for campaign in sorted(set().union(*safe.values())):
        own = [figures for key, figures in sums.items() if campaigns[key[1]] == campaign]
        pairs = zip(owners, map(sum, zip(*own, strict=True)), strict=True)
        found[campaign] = tuple(figure if campaign in safe[owner] else None for owner, figure in pairs)
    return found


def _bins(frame: pd.DataFrame) -> tuple[Bin, ...]:
    days = frame.groupby("bin")["business_date"].agg(["min", "max"])
    bins = [Bin(str(name), start, end) for name, start, end in days.itertuples()]
    return tuple(sorted(bins, key=lambda one: one.start))


def _fitting(found: Slices) -> Slices:
    """Return the cells without the largest pairs, where all would make a page that nobody waits for."""
    tables = dict(found.tables)
    pairs = [names for names in tables if len(names) > 1]
    while pairs and len(script(replace(found, tables=tables))) > BYTES_AT_MOST:
        largest = max(pairs, key=lambda names: (len(tables[names]), names))
        pairs.remove(largest)
        del tables[largest]
    return replace(found, tables=tables)


def script(found: Slices) -> str:
    """Return the cells as a script beside the pages: a page opened from a folder may load no other kind of file."""
    values = {name: found.values(name) for name in DIMENSIONS}
    places = {name: {value: place for place, value in enumerate(values[name])} for name in DIMENSIONS}
    bins = {one.name: place for place, one in enumerate(found.bins)}

    def cell(names: Key, key: Key, figures: Figures) -> list[int | None]:
        used = list(figures)
        while used and used[-1] == 0:
            used.pop()
        at = [places[name][value] for name, value in zip(names, key[1:], strict=True)]
        return [*([bins[key[0]]] if key[0] else []), *at, *used]

    def listed(tables: Mapping[Key, Mapping[Key, Figures]]) -> dict[str, list[list[int | None]]]:
        return {
            ",".join(names): [cell(names, key, figures) for key, figures in sorted(cells.items())]
            for names, cells in tables.items()
        }

    data: dict[str, Any] = {
        "bins": [[one.name, one.start.isoformat(), one.end.isoformat()] for one in found.bins],
        "measures": MEASURES,
        "values": values,
        "offers": [found.offer_of(offer) for offer in values["offer"]],
        "campaigns": [found.campaigns[offer] for offer in values["offer"]],
        "tables": listed(found.tables),
        "totals": listed(found.totals),
        "wholes": found.wholes,
    }
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return f"window.offermillSlices={text};\n"
