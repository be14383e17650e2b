"""What readers may filter: sums that agree with SQL, small cells gone, and nothing that subtraction brings back."""

import json
import random
from collections.abc import Sequence
from datetime import date
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from dashboards import explore, queries, site, slices
from dashboards.queries import Answer
from tests import literal_night

DAY = date(2026, 6, 30)
MINIMUM = 5
Joint = tuple[str, str, str, str]


def rows(counts: dict[Joint, int], day: date = DAY) -> list[dict[str, object]]:
    names = ("offer_id", "channel", "segment", "store_id")
    return [
        dict(zip(names, cell, strict=True))
        | {"business_date": day, "campaign_id": f"of {cell[0][0]}", "offer_count": count}
        | {"cost_minor": 10 * count, "value_minor": 7 * count}
        for cell, count in counts.items()
    ]


def cut(counts: dict[Joint, int]) -> slices.Slices:
    return slices.of(Answer(tuple(rows(counts))), MINIMUM)


def test_cells_are_counted_by_night_and_one_or_two_dimensions() -> None:
    found = cut({("a1", "email", "new", "s1"): 20, ("a1", "sms", "new", "s1"): 30, ("b1", "sms", "old", "s1"): 8})
    assert found.nights == ("2026-06-30",)
    assert found.campaigns == {"a1": "of a", "b1": "of b"}
    assert found.tables[()] == {("2026-06-30",): (58, 580, 406)}
    assert found.tables["offer",] == {("2026-06-30", "a1"): (50, 500, 350), ("2026-06-30", "b1"): (8, 80, 56)}
    assert found.tables["offer", "channel"] == {
        ("2026-06-30", "a1", "email"): (20, 200, 140),
        ("2026-06-30", "a1", "sms"): (30, 300, 210),
        ("2026-06-30", "b1", "sms"): (8, 80, 56),
    }


def test_a_small_cell_goes_with_what_would_give_it_away() -> None:
    counts = {
        ("a", "email", "x", "s"): 3,
        ("a", "sms", "x", "s"): 40,
        ("b", "email", "x", "s"): 50,
        ("b", "sms", "x", "s"): 60,
    }
    table = cut(counts).tables["offer", "channel"]
    # Totals of both offers and both channels are known: of four cells none may stand.
    assert set(table.values()) == {None}


def test_a_night_of_few_people_is_not_shown_at_all() -> None:
    found = cut({("a", "email", "x", "s"): 4})
    assert {cell for table in found.tables.values() for cell in table.values()} == {None}


def joint_night(draw: random.Random) -> dict[Joint, int]:
    values = [("a1", "a2", "b1", "b2"), ("email", "sms", "post"), ("new", "old", "gone"), ("s1", "s2", "s3")]
    return {cell: draw.choice((1, 2, 4, 9, 30)) for cell in product(*values) if draw.random() < 0.35}


def imaginable(found: slices.Slices) -> list[Joint]:
    """Return the joint cells that somebody may be in: a pair that is not listed is known to be empty."""
    order = list(slices.DIMENSIONS)
    pairs = [
        ((order.index(one), order.index(other)), found.tables[one, other]) for one, other in combinations(order, 2)
    ]
    cells = product(*(found.values(name) for name in order))
    return [cell for cell in cells if all((DAY.isoformat(), cell[a], cell[b]) in table for (a, b), table in pairs)]  # type: ignore[misc]


def known(
    found: slices.Slices, cells: Sequence[Joint]
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], list[tuple[str, ...]]]:
    """Return what a reader knows of the joint counts: equations of what is shown, and the hidden cells as sums."""
    order = list(slices.DIMENSIONS)
    equations, totals, hidden, names = [], [], [], []
    for table in ((), *combinations(order, 1), *combinations(order, 2)):
        for key, figures in found.tables[table].items():
            picked = np.array(
                [
                    all(cell[order.index(name)] == value for name, value in zip(table, key[1:], strict=True))
                    for cell in cells
                ],
                dtype=float,
            )
            if figures is None:
                hidden.append(picked)
                names.append((*table, *key[1:]))
            else:
                equations.append(picked)
                totals.append(figures[0])
    return np.array(equations), np.array(totals), hidden, names


@pytest.mark.parametrize("seed", range(4))
def test_no_small_cell_follows_from_everything_that_is_shown(seed: int) -> None:
    """A linear program over all counts a reader could imagine: every small cell could be another number."""
    counts = joint_night(random.Random(seed))
    found = cut(counts)
    cells = imaginable(found)
    equations, totals, hidden, names = known(found, cells)
    truth = np.array([counts.get(cell, 0) for cell in cells], dtype=float)
    small = [place for place, picked in enumerate(hidden) if 0 < picked @ truth < MINIMUM]
    assert len(small) >= 5, "the draw holds nothing to protect"
    at_least_one = -np.array(hidden), -np.ones(len(hidden))
    for place in small[:12]:
        ends = [
            sign * linprog(sign * hidden[place], *at_least_one, equations, totals, bounds=(0, None)).fun
            for sign in (1, -1)
        ]
        assert ends[1] - ends[0] > 0.5, f"{names[place]} can only be {ends}"


def test_what_is_shown_agrees_with_sql(tmp_path: Path) -> None:
    with literal_night.night(tmp_path) as (warehouse, run):
        given = queries.ask(warehouse, run, queries.queries("slices")["given"])
        found = slices.of(given, 1)
        slow = warehouse.rows(
            "select offer_id, channel, count(*), sum(cost_minor), sum(coalesce(value_minor, 0)) "
            "from offers.decision_history where offer_id is not null "
            "and business_date > $business_date - 14 and business_date <= $business_date "
            "group by all",
            run.parameters,
        )
    assert len(slow) >= 3
    sums: dict[tuple[str, str], list[int]] = {}
    for (_, offer, channel), figures in found.tables["offer", "channel"].items():
        assert figures is not None
        sums.setdefault((offer, channel), [0, 0, 0])
        sums[offer, channel] = [old + new for old, new in zip(sums[offer, channel], figures, strict=True)]
    assert sums == {(offer, channel): list(map(int, figures)) for offer, channel, *figures in slow}


def test_the_table_without_a_script_adds_up_the_same_cells(tmp_path: Path) -> None:
    counts = {("a1", "email", "new", "s1"): 20, ("a2", "sms", "new", "s2"): 3, ("b1", "sms", "old", "s2"): 8}
    found = cut(counts)
    assert explore.broken_down(found, "offer") == [("a1", 20, 200, 140, 0), ("a2", 0, 0, 0, 1), ("b1", 0, 0, 0, 1)]
    assert explore.broken_down(found, "campaign") == [("of a", 20, 200, 140, 1), ("of b", 0, 0, 0, 1)]
    run = literal_night.make_run(tmp_path / "shop")
    (ctx, *_) = site.contexts(run, {}, found)
    section = explore.section(ctx, "campaign")
    assert section["rows"] == [
        ["of a", "≥\u00a020", "≥\u00a02,00\u00a0€", "1,40\u00a0€"],
        ["of b", "netiek rādīts", "–", "–"],
    ]
    assert section["note"].startswith("Šajos skaitļos nav 2 grupu, kurās ir mazāk par 5 cilvēkiem")


def test_the_script_holds_shown_figures_and_only_the_places_of_hidden_ones() -> None:
    counts = {("a1", "email", "new", "s1"): 20, ("a2", "sms", "new", "s2"): 3, ("b1", "sms", "old", "s2"): 8}
    text = slices.script(cut(counts))
    data = json.loads(text.removeprefix("window.offermillSlices=").removesuffix(";\n"))
    assert data["values"]["offer"] == ["a1", "a2", "b1"]
    assert data["campaigns"] == ["of a", "of a", "of b"]
    assert data["tables"]["offer"] == [[0, 0, 20, 200, 140], [0, 1], [0, 2]]


def test_a_pair_with_too_many_cells_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "CELLS_AT_MOST", 2)
    counts = {(f"a{n}", "email", "new", f"s{n}"): 20 for n in range(3)}
    assert set(cut(counts).tables) == {(), ("channel",), ("segment",), ("channel", "segment")}
