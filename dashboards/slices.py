"""What was given, by night and by two of offer, channel, segment and store: the cells that readers may filter.

Every cell on few people is gone before it leaves the house, and what would give one away with it, so whatever the
page's script adds up is made of numbers that may be shown. Each night is a table of its own with its totals.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from dashboards.queries import Answer, Row
from dashboards.suppression import hidden_cells, suppress

FILE = "slices.js"
# Dimension -> column of the query. Two at once are enough to look closer; with three hardly a cell holds five people.
DIMENSIONS = {"offer": "offer_id", "channel": "channel", "segment": "segment", "store": "store_id"}
MEASURES = ("offer_count", "cost_minor", "value_minor")
# Pairs with more cells than this would make a page that nobody waits for; they are left out.
CELLS_AT_MOST = 60_000

Figures = tuple[int, int, int]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Slices:
    """The cells of the last nights.

    Attributes:
        nights: ISO dates, the oldest first.
        campaigns: offer -> campaign.
        tables: dimensions of a table -> (night, values of the dimensions) -> count, cost and margin; None is hidden.
    """

    nights: tuple[str, ...]
    campaigns: Mapping[str, str]
    tables: Mapping[Key, Mapping[Key, Figures | None]]

    def values(self, dimension: str) -> list[str]:
        """Return the values that a dimension takes, sorted."""
        return sorted({key[1] for key in self.tables.get((dimension,), {})})


def _summed(rows: Iterable[Row], columns: Sequence[str]) -> dict[Key, Figures]:
    found: dict[Key, Figures] = {}
    for row in rows:
        key = tuple(str(row[column]) for column in columns)
        count, cost, value = found.get(key, (0, 0, 0))
        found[key] = (count + row[MEASURES[0]], cost + row[MEASURES[1]], value + row[MEASURES[2]])
    return found


def _singles(rows: Sequence[Row], dimension: str, minimum: int) -> dict[Key, Figures | None]:
    """Return one night by one dimension."""
    found = _summed(rows, [DIMENSIONS[dimension]])
    named = [{"key": key, "count": figures[0]} for key, figures in sorted(found.items())]
    shown = suppress(named, "count", minimum)
    return {row["key"]: None if row["count"] is None else found[row["key"]] for row in shown}


def _pairs(
    rows: Sequence[Row], pair: tuple[str, str], singles: Mapping[str, Mapping[Key, Figures | None]], minimum: int
) -> dict[Key, Figures | None]:
    """Return one night by two dimensions."""
    found = _summed(rows, [DIMENSIONS[name] for name in pair])
    counts = {(key[0], key[1]): figures[0] for key, figures in found.items()}
    unknown = [frozenset(key[0] for key, figures in singles[name].items() if figures is None) for name in pair]
    hidden = hidden_cells(counts, minimum, unknown=(unknown[0], unknown[1]))
    return {key: None if key in hidden else figures for key, figures in sorted(found.items())}


def of(answer: Answer, minimum: int) -> Slices:
    """Return the cells that may be shown."""
    nights: dict[str, list[Row]] = {}
    for row in answer.rows:
        nights.setdefault(row["business_date"].isoformat(), []).append(row)
    tables: dict[Key, dict[Key, Figures | None]] = {}
    for night, rows in sorted(nights.items()):
        singles = {name: _singles(rows, name, minimum) for name in DIMENSIONS}
        whole = _summed(rows, [])[()]
        tables.setdefault((), {})[night,] = whole if whole[0] >= minimum else None
        for name, cells in singles.items():
            _put(tables, (name,), night, cells)
        for pair in combinations(DIMENSIONS, 2):
            _put(tables, pair, night, _pairs(rows, pair, singles, minimum))
    campaigns = {row["offer_id"]: row["campaign_id"] for row in answer.rows}
    kept = {names: cells for names, cells in tables.items() if len(cells) <= CELLS_AT_MOST}
    return Slices(tuple(sorted(nights)), campaigns, kept)


def _put(
    tables: dict[Key, dict[Key, Figures | None]], names: Key, night: str, cells: Mapping[Key, Figures | None]
) -> None:
    tables.setdefault(names, {}).update({(night, *key): figures for key, figures in cells.items()})


def script(found: Slices) -> str:
    """Return the cells as a script beside the pages: a page opened from a folder may load no other kind of file."""
    values = {name: found.values(name) for name in DIMENSIONS}
    places = {name: {value: place for place, value in enumerate(values[name])} for name in DIMENSIONS}
    nights = {night: place for place, night in enumerate(found.nights)}

    def cell(names: Key, key: Key, figures: Figures | None) -> list[int]:
        place = [nights[key[0]], *(places[name][value] for name, value in zip(names, key[1:], strict=True))]
        return place if figures is None else [*place, *figures]

    data: dict[str, Any] = {
        "nights": found.nights,
        "values": values,
        "campaigns": [found.campaigns[offer] for offer in values["offer"]],
        "tables": {
            ",".join(names): [cell(names, key, figures) for key, figures in sorted(cells.items())]
            for names, cells in found.tables.items()
        },
    }
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return f"window.offermillSlices={text};\n"
