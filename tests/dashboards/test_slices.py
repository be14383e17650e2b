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
from dashboards.slices import COUNTS, DIMENSIONS, MEASURES
from tests import literal_night

DAY = date(2026, 6, 30)
MINIMUM = 5
Joint = tuple[str, str, str, str]


def rows(counts: dict[Joint, int], day: date = DAY) -> list[dict[str, object]]:
    names = ("offer_id", "channel", "segment", "store_id")
    return [
        dict(zip(names, cell, strict=True))
        | {"business_date": day, "campaign_id": f"of {cell[0][0]}", "given_count": count}
        | {"cost_minor": 10 * count, "value_minor": 7 * count}
        for cell, count in counts.items()
    ]


def cut(counts: dict[Joint, int], earlier: dict[Joint, int] | None = None) -> slices.Slices:
    return slices.of([*rows(counts), *rows(earlier or {}, date(2026, 6, 29))], MINIMUM, DAY)


def given(found: slices.Slices, *names: str) -> dict[tuple[str, ...], int | None]:
    """Return the counts of offers given in one table."""
    return {key: figures[0] for key, figures in found.tables[names].items()}


def test_cells_are_counted_by_night_and_one_or_two_dimensions() -> None:
    found = cut({("a1", "email", "new", "s1"): 20, ("a1", "sms", "new", "s1"): 30, ("b1", "sms", "old", "s1"): 8})
    assert found.bins == (slices.Bin("2026-06-30", DAY, DAY),)
    assert found.campaigns == {"a1": "of a", "b1": "of b"}
    assert given(found) == {("2026-06-30",): 58}
    assert found.figures(("offer",), ("2026-06-30", "a1")) == dict.fromkeys(MEASURES, 0) | {
        "given_count": 50,
        "cost_minor": 500,
        "value_minor": 350,
    }
    assert given(found, "offer", "channel") == {
        ("2026-06-30", "a1", "email"): 20,
        ("2026-06-30", "a1", "sms"): 30,
        ("2026-06-30", "b1", "sms"): 8,
    }


def test_days_before_the_last_fourteen_nights_stand_as_months() -> None:
    days = [date(2026, 4, 13), date(2026, 4, 27), date(2026, 6, 16), date(2026, 6, 17), DAY]
    given_rows = [row for day in days for row in rows({("a", "email", "x", "s"): 9}, day)]
    assert slices.of(given_rows, MINIMUM, DAY).bins == (
        slices.Bin("2026-04", days[0], days[1]),
        slices.Bin("2026-06", days[2], days[2]),
        slices.Bin("2026-06-17", days[3], days[3]),
        slices.Bin("2026-06-30", DAY, DAY),
    )


def test_a_small_cell_goes_with_what_would_give_it_away() -> None:
    counts = {
        ("a", "email", "x", "s"): 3,
        ("a", "sms", "x", "s"): 40,
        ("b", "email", "x", "s"): 50,
        ("b", "sms", "x", "s"): 60,
    }
    # Totals of both offers and both channels are known: of four cells none may stand.
    assert set(given(cut(counts), "offer", "channel").values()) == {None}


def test_a_small_night_goes_with_what_the_sum_of_all_nights_would_give_away() -> None:
    """The page Channels tells sums of all nights: 3 of an offer tonight would be the sum less the night before."""
    found = cut(
        {("a", "email", "x", "s"): 3, ("b", "email", "x", "s"): 20},
        {("a", "email", "x", "s"): 30, ("b", "email", "x", "s"): 40},
    )
    assert set(given(found, "offer").values()) == {None}
    assert given(found, "channel") == {("2026-06-29", "email"): 70, ("2026-06-30", "email"): 23}


def test_a_night_of_few_people_is_not_shown_at_all() -> None:
    found = cut({("a", "email", "x", "s"): 4})
    assert {cell[0] for table in found.tables.values() for cell in table.values()} == {None}


def test_sums_of_all_nights_are_told_where_single_nights_are_not() -> None:
    """Of 11 rewards owed, 8 of one night and 3 of the other, neither night is told, but 11 is no small number."""
    owed = {DAY: 8, date(2026, 6, 29): 3}
    sent = [
        row | {"given_count": 0, "offered_count": 40, "owed_count": owed[day], "owed_minor": 100 * owed[day]}
        for day in owed
        for row in rows({("a", "email", "x", "s"): 0}, day)
    ]
    found = slices.of(sent, MINIMUM, DAY)
    nights = [found.figures(("channel",), (day.isoformat(), "email")) for day in owed]
    assert [(night["offered_count"], night["owed_count"]) for night in nights] == [(40, None), (40, None)]
    (by_channel,) = explore.broken_down(found, "channel")
    told = ("offered_count", "owed_count", "owed_minor")
    assert [by_channel.sums[name] for name in told] == [explore.Sum(80), explore.Sum(11), explore.Sum(1100)]
    assert explore.whole(found)["owed_count"] == explore.Sum(11)
    few = slices.of([sent[1]], MINIMUM, DAY)
    assert explore.whole(few)["owed_count"] == explore.Sum(0, 1), "3 in all are few"


def test_the_sum_of_a_campaign_is_told_where_its_offers_are_not() -> None:
    """a1 and a2 hold 7 people together, as b1 and b2 do: neither sum tells an offer, nor what is left of all."""
    few = {("a1", 3), ("a2", 4), ("b1", 3), ("b2", 4), ("c1", 50)}
    found = cut({(offer, "email", "x", "s"): count for offer, count in few})
    assert {key[1]: figures[0] for key, figures in found.totals["offer",].items()} == {
        "a1": None, "a2": None, "b1": None, "b2": None, "c1": 50,
    }  # fmt: skip
    by_campaign = {row.what: row.sums["given_count"] for row in explore.broken_down(found, "campaign")}
    assert by_campaign == {"of a": explore.Sum(7), "of b": explore.Sum(7), "of c": explore.Sum(50)}


def test_the_sum_of_a_campaign_that_would_tell_an_offer_is_not_told() -> None:
    """b1 is hidden beside a1 and a2: the sum of these two, less all, would be b1."""
    few = {("a1", 3), ("a2", 4), ("b1", 4), ("c1", 50)}
    found = cut({(offer, "email", "x", "s"): count for offer, count in few})
    by_campaign = {row.what: row.sums["given_count"] for row in explore.broken_down(found, "campaign")}
    assert by_campaign == {"of a": explore.Sum(0, 2), "of b": explore.Sum(0, 1), "of c": explore.Sum(50)}


def test_few_people_of_a_stage_are_hidden_though_many_were_offered() -> None:
    cells = {("a", "email", "x", "s"): (90, 3), ("a", "sms", "x", "s"): (60, 20), ("b", "sms", "x", "s"): (50, 30)}
    stages = [
        row | {"given_count": 0, "offered_count": offered, "redeemed_count": redeemed}
        for row, (offered, redeemed) in zip(rows(dict.fromkeys(cells, 0)), cells.values(), strict=True)
    ]
    found = slices.of(stages, MINIMUM, DAY)
    email, sms = (found.figures(("channel",), ("2026-06-30", name)) for name in ("email", "sms"))
    assert (email["offered_count"], email["redeemed_count"]) == (90, None)
    assert (sms["offered_count"], sms["redeemed_count"]) == (110, None), "the total less this is the other"


def joint_night(draw: random.Random) -> dict[Joint, int]:
    values = [("a1", "a2", "b1", "b2"), ("email", "sms", "post"), ("new", "old", "gone"), ("s1", "s2", "s3")]
    return {cell: draw.choice((1, 2, 4, 9, 30)) for cell in product(*values) if draw.random() < 0.35}


Cell = tuple[str, str, str, str, str]  # night, offer, channel, segment, store


def imaginable(found: slices.Slices) -> list[Cell]:
    """Return the joint cells that somebody may be in: a pair that is not listed is known to be empty."""
    order = list(DIMENSIONS)
    pairs = [((order.index(a) + 1, order.index(b) + 1), found.tables[a, b]) for a, b in combinations(order, 2)]
    cells = product([one.name for one in found.bins], *(found.values(name) for name in order))
    return [cell for cell in cells if all((cell[0], cell[a], cell[b]) in table for (a, b), table in pairs)]


def picked(cells: Sequence[Cell], names: Sequence[str], key: Sequence[str]) -> np.ndarray:
    places = [0, *(list(DIMENSIONS).index(name) + 1 for name in names)]
    wanted = [(at, own) for at, own in zip(places, key, strict=True) if own]
    return np.array([all(cell[at] == own for at, own in wanted) for cell in cells], dtype=float)


def known(
    found: slices.Slices, cells: Sequence[Cell]
) -> tuple[list[np.ndarray], list[int], list[np.ndarray], list[tuple[str, ...]]]:
    """Return what a reader knows of the joint counts: equations of what is shown, and the hidden cells as sums."""
    equations, totals, hidden, names = [], [], [], []
    told = [
        (table, *cell) for tables in (found.tables, found.totals) for table in tables for cell in tables[table].items()
    ]
    for table, key, figures in told:
        if figures[0] is None:
            hidden.append(picked(cells, table, key))
            names.append((*table, *key))
        else:
            equations.append(picked(cells, table, key))
            totals.append(figures[0])
    for campaign, figures in found.wholes.items():
        if figures[0] is not None:
            equations.append(np.array([float(found.campaigns[cell[1]] == campaign) for cell in cells]))
            totals.append(figures[0])
    return equations, totals, hidden, names


@pytest.mark.parametrize("seed", range(3))
def test_no_small_cell_follows_from_everything_that_is_shown(seed: int) -> None:
    """A linear program over all counts of two nights a reader could imagine: every small cell could be another number.

    The reader knows every published cell, that hidden cells hold somebody, and the sums of both nights by offer and
    channel, as if other pages told them.
    """
    draw = random.Random(seed)
    tonight, before = joint_night(draw), joint_night(draw)
    found = cut(tonight, before)
    cells = imaginable(found)
    equations, totals, hidden, names = known(found, cells)
    truth = np.array([(tonight if cell[0] == DAY.isoformat() else before).get(cell[1:], 0) for cell in cells])
    for at in (1, 2):
        for value in sorted({cell[at] for cell in cells}):
            own = np.array([cell[at] == value for cell in cells], dtype=float)
            equations.append(own)
            totals.append(int(own @ truth))
    small = [place for place, one in enumerate(hidden) if 0 < one @ truth < MINIMUM]
    assert len(small) >= 5, "the draw holds nothing to protect"
    at_least_one = -np.array(hidden), -np.ones(len(hidden))
    for place in draw.sample(small, 8):
        ends = [
            sign * linprog(sign * hidden[place], *at_least_one, np.array(equations), totals, bounds=(0, None)).fun
            for sign in (1, -1)
        ]
        assert ends[1] - ends[0] > 0.5, f"{names[place]} can only be {ends}"


def test_no_difference_of_two_published_figures_is_a_few_people() -> None:
    """The plainest attack: a total less its parts that are shown, along every line of every table."""
    draw = random.Random(7)
    found = cut(joint_night(draw), joint_night(draw))
    lines = 0
    for names, table in found.tables.items():
        for gone in range(1, len(names) + 1):
            parts: dict[tuple[str, ...], list[int | None]] = {}
            for key, figures in table.items():
                parts.setdefault(key[:gone] + key[gone + 1 :], []).append(figures[0])
            for line, counts in parts.items():
                whole = found.figures(names[: gone - 1] + names[gone:], line)["given_count"]
                if whole is not None and None in counts:
                    lines += 1
                    assert whole - sum(count or 0 for count in counts) >= MINIMUM, f"{names} {line}"
                    assert counts.count(None) > 1, f"{names} {line}: one hidden cell is the total less the others"
    assert lines > 20


def test_what_is_shown_agrees_with_sql(tmp_path: Path) -> None:
    with literal_night.night(tmp_path) as (warehouse, run):
        answer = queries.ask(warehouse, run, queries.queries("slices")["given"])
        found = slices.of(answer.rows, 1, DAY)
        slow = warehouse.rows(
            "select business_date, offer_id, channel, count(*), sum(cost_minor), sum(worst_cost_minor), "
            "sum(coalesce(value_minor, 0)) from offers.decision_history "
            "where offer_id is not null and business_date <= $business_date group by all",
            run.parameters,
        )
    assert len(slow) >= 9
    names = ("given_count", "cost_minor", "worst_cost_minor", "value_minor")
    shown = {
        key: tuple(found.figures(("offer", "channel"), key)[name] for name in names)
        for key in found.tables["offer", "channel"]
    }
    assert shown == {(str(day), offer, channel): tuple(map(int, sums)) for day, offer, channel, *sums in slow}


def test_the_table_without_a_script_adds_up_the_same_cells(tmp_path: Path) -> None:
    counts = {("a1", "email", "new", "s1"): 20, ("a2", "sms", "new", "s2"): 3, ("b1", "sms", "old", "s2"): 8}
    found = cut(counts)
    by_offer = explore.broken_down(found, "offer")
    assert [(row.what, row.sums["given_count"]) for row in by_offer] == [
        ("a1", explore.Sum(20)),
        ("a2", explore.Sum(0, 1)),
        ("b1", explore.Sum(0, 1)),
    ]
    run = literal_night.make_run(tmp_path / "shop")
    (ctx, *_) = site.contexts(run, {}, slices=found)
    section = explore.section(ctx, "campaign")
    assert section["rows"] == [
        ["of a", "≥\u00a020", "≥\u00a02,00\u00a0€", "1,40\u00a0€"],
        ["of b", "netiek rādīts", "–", "–"],
    ]
    assert section["note"].startswith("Šajos skaitļos nav 2 grupu, kurās ir mazāk par 5 cilvēkiem")


def test_the_script_holds_shown_figures_and_no_hidden_one() -> None:
    counts = {("a1", "email", "new", "s1"): 20, ("a2", "sms", "new", "s2"): 3, ("b1", "sms", "old", "s2"): 8}
    text = slices.script(cut(counts))
    data = json.loads(text.removeprefix("window.offermillSlices=").removesuffix(";\n"))
    assert data["values"]["offer"] == ["a1", "a2", "b1"]
    assert data["campaigns"] == ["of a", "of a", "of b"]
    shown = {"given_count": 20, "cost_minor": 200, "value_minor": 140}
    hidden = dict.fromkeys(shown)
    assert [dict(zip(data["measures"], cell[2:], strict=False)) for cell in data["tables"]["offer"]] == [
        dict.fromkeys(MEASURES[: MEASURES.index("value_minor") + 1], 0) | figures for figures in (shown, hidden, hidden)
    ]


def test_an_offer_of_two_campaigns_counts_for_each() -> None:
    summer, pilot = rows({("a", "email", "x", "s"): 20}), rows({("a", "email", "x", "s"): 30}, date(2026, 5, 4))
    found = slices.of([summer[0] | {"campaign_id": "summer"}, pilot[0] | {"campaign_id": "pilot"}], MINIMUM, DAY)
    by_campaign, by_offer = (explore.broken_down(found, by) for by in ("campaign", "offer"))
    assert [(row.what, row.sums["given_count"].figure) for row in by_campaign] == [("pilot", 30), ("summer", 20)]
    assert [(row.what, row.sums["given_count"].figure) for row in by_offer] == [("a", 50)]
    assert '"offers":["a","a"],"campaigns":["pilot","summer"]' in slices.script(found)


def test_a_row_about_an_offer_of_two_campaigns_belongs_to_both(tmp_path: Path) -> None:
    both = [rows({("a", "email", "x", "s"): 20})[0] | {"campaign_id": name} for name in ("summer", "pilot")]
    found = slices.of([*both, *rows({("b", "email", "x", "s"): 20})], MINIMUM, DAY)
    (ctx, *_) = site.contexts(literal_night.make_run(tmp_path / "shop"), {}, slices=found)
    assert [explore.of_offer(ctx, offer) for offer in ("a", "b", "never given")] == [
        {"offer": "a", "campaign": ["pilot", "summer"]},
        {"offer": "b", "campaign": ["of b"]},
        {"offer": "never given"},
    ]


def test_what_would_make_a_heavy_page_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "BYTES_AT_MOST", 1200)
    counts = {(f"a{n}", "email", "new", f"s{n}"): 20 for n in range(3)}
    found = cut(counts)
    assert len(slices.script(found)) <= 1200
    assert set(found.tables) >= {(), *((name,) for name in DIMENSIONS)}
    assert ("offer", "store") not in found.tables


def test_every_measure_has_people_behind_it() -> None:
    assert set(slices.MONEY.values()) <= set(COUNTS)
    assert {parent for parent in COUNTS.values() if parent} <= set(COUNTS)
