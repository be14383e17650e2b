"""Nothing that pages hide can be worked out from what they show, over all tables of a night together.

The reader of `reader.py` knows nothing of how cells are hidden: it takes the cells of the built pages as equations over
every kind of person there could be, and looks for hidden cells in the space that they span.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dashboards import budget, decided, experiments, goals, segments, site, tonight
from dashboards.context import Context
from dashboards.queries import Answer
from dashboards.tied import Tie, hidden_in
from offermill.run import Run
from tests import literal_night
from tests.dashboards.reader import Person, Reader, people

MINIMUM = 5
DRAWS = 25
DAY = date(2026, 4, 13)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return literal_night.make_run(Path(tmp_path_factory.mktemp("subtraction")) / "shop")


def page(run: Run, resources: Iterable[dict[str, Any]] = (), **known: Any) -> Context:
    package = {"resources": list(resources), "offermill": {"edition": "2026-06-30"}}
    return replace(site.context(run, package), **known)


def test_a_small_count_takes_another_of_its_sum_with_it() -> None:
    counts = {("all",): 104, ("a",): 4, ("b",): 40, ("c",): 60}
    assert hidden_in(counts, [Tie([("all",)], [("a",), ("b",), ("c",)])], MINIMUM) == {("a",), ("b",)}


def test_what_two_sums_together_tell_is_hidden_too() -> None:
    """Of all, a + c1 + c2 are hidden; the campaign tells c1 + c2: the difference is a."""
    counts = {("all",): 100, ("a",): 4, ("b",): 40, ("c1",): 4, ("c2",): 52, ("c",): 56}
    ties = [Tie([("all",)], [("a",), ("b",), ("c1",), ("c2",)]), Tie([("c",)], [("c1",), ("c2",)])]
    hidden = hidden_in(counts, ties, MINIMUM)
    assert hidden == {("a",), ("c1",), ("c2",), ("b",)}


def test_a_count_that_no_page_tells_hides_others_and_needs_no_hiding() -> None:
    counts = {("group",): 100, ("offers",): 97, ("without",): 3}
    tie = [Tie([("group",)], [("offers",), ("without",)])]
    assert hidden_in(counts, tie, MINIMUM, untold={("without",)}) == {("without",), ("offers",)}
    many = {("group",): 100, ("offers",): 60, ("without",): 40}
    assert hidden_in(many, tie, MINIMUM, untold={("without",)}) == {("without",)}


CAMPAIGNS = {"w1": "spring", "w2": "spring", "w3": "summer", "w4": "summer"}
# Monday -> the waves that began by the end of its week.
WEEKS = {"2026-04-13": ("w1", "w2"), "2026-04-20": ("w1", "w2", "w3"), "2026-04-27": ("w1", "w2", "w3", "w4")}
BEGINS = {"w1": date(2026, 4, 13), "w2": date(2026, 4, 15), "w3": date(2026, 4, 20), "w4": date(2026, 5, 3)}
OFFERS = {"spring": ("five", "ten"), "summer": ("ten", "gift", "points")}


def compared(draw: random.Random) -> Counter[tuple[str, ...]]:
    """Return people who were drawn: wave, offer (or none), channel, segments of two families; some of them rare."""
    found: Counter[tuple[str, ...]] = Counter()
    rare = set(draw.sample((*CAMPAIGNS, "five", "ten", "gift", "points", "email", "sms", "unknown", "rfm:loyal"), 4))
    for wave, campaign in CAMPAIGNS.items():
        for offer in (*OFFERS[campaign], ""):
            for channel in ("email", "sms", "post"):
                for family in (("lifecycle:new", "rfm:loyal"), ("lifecycle:lapsed", "rfm:loyal"), ("unknown", "")):
                    kind = (wave, offer, channel, *family)
                    found[kind] = draw.choice((0,) * 9 + (1, 2) if rare & set(kind) else (0, 3, 12, 60))
    return found


FIGURES = dict.fromkeys(("effect", "low", "high", "cuped_effect", "cuped_low", "cuped_high"), 1.0)
REST = dict.fromkeys(("always_low", "always_high", "total", "total_low", "total_high", "problem"), None)


def levels(person: Person) -> list[tuple[str, str]]:
    """Return the comparisons that a person counts in; whoever has no offer stands beside all offers of the campaign."""
    campaign = CAMPAIGNS[person["wave"]]
    offers = [person["offer"]] if person["offer"] else OFFERS[campaign]
    weeks = [week for week, waves in WEEKS.items() if person["wave"] in waves]
    return [("all", "all"), *(("cumulated", week) for week in weeks),
            ("campaign", campaign), ("channel", person["channel"]), ("wave", person["wave"]),
            *(("offer", offer) for offer in offers),
            *(("segment", person[family]) for family in ("one", "other") if person[family])]  # fmt: skip


def experiments_of(drawn: Counter[tuple[str, ...]]) -> dict[str, Answer]:
    names = ("wave", "offer", "channel", "one", "other")
    treated: Counter[tuple[str, str]] = Counter()
    control: Counter[tuple[str, str]] = Counter()
    for kind, count in drawn.items():
        person = dict(zip(names, kind, strict=True))
        for level in levels(person):
            (treated if person["offer"] else control)[level] += count
    rows = [
        {"level": level, "name": name, "metric": "margin", "is_told": False, "starts_on": BEGINS.get(name, DAY),
         "treated_count": treated[level, name], "control_count": control[level, name], **FIGURES, **REST}
        for level, name in sorted({*treated, *control})
    ]  # fmt: skip
    lots = [
        {"wave_id": wave, "starts_on": literal_night.DAY, "treated_count": treated["wave", wave],
         "control_count": control["wave", wave], "control_expected": 9.0, "ratio_chance": 0.5, "is_uneven": False,
         "contaminated_count": 0, "is_contaminated": False}
        for wave in CAMPAIGNS
    ]  # fmt: skip
    ties = [{"level": "wave", "name": wave, "campaign_id": campaign} for wave, campaign in CAMPAIGNS.items()]
    ties += [{"level": "offer", "name": offer, "campaign_id": name} for name in OFFERS for offer in OFFERS[name]]
    return {
        "effects": Answer(tuple(rows)),
        "roi": Answer(),
        "lots": Answer(tuple(lots)),
        "campaigns": Answer(tuple(ties)),
    }


def test_no_comparison_of_few_people_follows_from_the_others(run: Run) -> None:
    draw, ctx = random.Random(3), page(run)
    some_hidden = some_shown = 0
    for _ in range(DRAWS):
        data = experiments_of(compared(draw))
        shown = experiments.build(ctx, data)
        told = [row for row in data["effects"].rows if row["treated_count"]]
        for arm, place in (("treated_count", 2), ("control_count", 3)):
            reader = reading(arm, told, shown, place)
            small = {(row["level"], row["name"]) for row in told if 0 < row[arm] < MINIMUM}
            assert small <= set(reader.hidden)
            assert small.isdisjoint(reader.learns())
            some_hidden, some_shown = some_hidden + len(reader.hidden), some_shown + len(reader.shown)
    assert some_hidden > 100
    assert some_shown > some_hidden, "what need not be hidden is shown"


def reading(arm: str, told: list[dict[str, Any]], shown: dict[str, Any], place: int) -> Reader:
    """Return a reader of one column of both tables of the page."""
    kinds = [
        person | {"one": one, "other": other}
        for person in people(
            wave=CAMPAIGNS, offer=("five", "ten", "gift", "points", ""), channel=("email", "sms", "post")
        )
        for one, other in (("lifecycle:new", "rfm:loyal"), ("lifecycle:lapsed", "rfm:loyal"), ("unknown", ""))
        if not person["offer"] or person["offer"] in OFFERS[CAMPAIGNS[person["wave"]]]
    ]
    reader = Reader([kind for kind in kinds if bool(kind["offer"]) == (arm == "treated_count")])
    weeks = [cells[:1] + cells for cells in shown["settling"]["rows"]]
    tables = [*shown["sections"][0]["rows"], *weeks]
    for row, cells in zip(sorted(told, key=lambda row: row["level"] == "cumulated"), tables, strict=True):
        name = (row["level"], row["name"])
        reader.reads(name, lambda person, name=name: name in levels(person), cells[place])  # type: ignore[misc]
    for cells in shown["lots"]["rows"]:
        wave = cells[0]
        reader.reads(("lots", wave), lambda person, wave=wave: person["wave"] == wave, cells[place])  # type: ignore[misc]
    return reader


# Group -> the reasons it may have; those with an offer first.
GROUPS = {
    "choose": ("chosen", "below_price", "no_evidence"), "explore": ("explored",), "pilot": ("piloted", "pilot_control"),
    "control": ("held_back",), "global_control": ("held_back",), "excluded": ("closed", "no_consent"),
}  # fmt: skip
GIVEN = ("chosen", "explored", "piloted")


def decision(draw: random.Random) -> list[dict[str, Any]]:
    return [
        {"group_name": group, "reason": reason, "customer_count": count, "offer_count": count if reason in GIVEN else 0}
        for group, reasons in GROUPS.items()
        for reason in reasons
        if (count := draw.choice((0, 3, 8, 30, 90, 200, 600)))
    ]


def summed(rows: list[dict[str, Any]], by: str) -> Answer:
    money = dict.fromkeys(("cost_minor", "value_minor", "worst_cost_minor"), 100)
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(row[by], {by: row[by], "customer_count": 0, "offer_count": 0, **money})
        one["customer_count"] += row["customer_count"]
        one["offer_count"] += row["offer_count"]
    return Answer(tuple(found.values()))


def test_no_group_or_reason_of_few_people_follows_from_the_pages_tonight_and_budget(run: Run) -> None:
    draw, hidden, shown = random.Random(4), 0, 0
    for _ in range(DRAWS):
        rows = decision(draw)
        reader = of_the_night(page(run, hidden=decided.hidden(rows, MINIMUM)), rows)
        counts = {name: sum(row["customer_count"] for row in rows if which(row)) for name, which in NAMES.items()}
        small = {name for name, count in counts.items() if 0 < count < MINIMUM}
        assert small & set(reader.shown) == set()
        assert small.isdisjoint(reader.learns())
        hidden += len([name for name in reader.hidden if name[0] != "without"])
        shown += len(reader.shown)
    assert hidden > 50
    assert shown > hidden


def is_given(row: Any) -> bool:
    return row["reason"] in GIVEN


REASONS = tuple(dict.fromkeys(reason for reasons in GROUPS.values() for reason in reasons))
NAMES: dict[Any, Any] = (
    {("group", name): lambda row, name=name: row["group_name"] == name for name in GROUPS}
    | {("reason", name): lambda row, name=name: row["reason"] == name for name in REASONS}
    | {("offers", name): lambda row, name=name: row["group_name"] == name and is_given(row) for name in GROUPS}
    | {("without", name): lambda row, name=name: row["group_name"] == name and not is_given(row) for name in GROUPS}
    | {("all",): lambda row: True, ("given",): is_given, ("held back",): decided.is_held_back}
)


def of_the_night(ctx: Context, rows: list[dict[str, Any]]) -> Reader:
    """Return a reader of what the pages Tonight and Budget say of groups, reasons and offers."""
    data = {name: Answer() for name in ("sources", "checks", "broken", "limits")}
    data |= {"groups": summed(rows, "group_name"), "reasons": summed(rows, "reason"), "decided": Answer(tuple(rows))}
    said, groups = tonight.build(ctx, data), data["groups"].rows
    reader = Reader([{"group_name": row["group_name"], "reason": row["reason"]} for row in rows])
    for row, cells in zip(groups, said["decided"]["rows"], strict=True):
        reader.reads(("group", row["group_name"]), NAMES["group", row["group_name"]], cells[1])
        reader.reads(("offers", row["group_name"]), NAMES["offers", row["group_name"]], cells[2])
        # No page tells these; a reader may look for them all the same.
        reader.reads(("without", row["group_name"]), NAMES["without", row["group_name"]], "not told")
    for row, cells in zip(data["reasons"].rows, said["reasons"]["rows"], strict=True):
        reader.reads(("reason", row["reason"]), NAMES["reason", row["reason"]], cells[1])
    cards = {card["label"]: card["figure"] for card in said["cards"]}
    reader.reads(("given",), NAMES["given",], cards["Offers tonight"])
    reader.reads(("held back",), NAMES["held back",], cards["Held back by lot"])
    reader.reads(("all",), NAMES["all",], "1000")
    given = [row | {"customer_count": row["offer_count"]} for row in groups if row["offer_count"]]
    empty = {name: Answer() for name in ("allocation", "limits", "ledger", "redeemed", "unmatched")}
    purposes = budget.build(ctx, empty | {"purposes": Answer(tuple(given))})["purposes"]["rows"]
    for row, cells in zip(given, purposes, strict=True):
        reader.reads(("way", row["group_name"]), NAMES["offers", row["group_name"]], cells[1])
    return reader


def test_a_key_figure_of_few_people_does_not_follow_from_the_difference_of_two_groups(run: Run) -> None:
    rows = [
        {"kpi": "nps", "group_name": name, "unit": "points", "value": 1.0, "low": 0.0, "high": 2.0, "base_count": count,
         "problem": None}
        for name, count in (("control", 3), ("offers", 200), ("difference", 203))
    ]  # fmt: skip
    shown = goals.build(page(run), {"goals": Answer(), "kpis": Answer(tuple(rows))})["kpis"]["rows"]
    assert [row[4] for row in shown] == ["not shown", "not shown", "203"]


def test_the_size_of_a_segment_that_is_hidden_stands_on_no_page(run: Run) -> None:
    """Of 30 customers 3 are new and 7 lapsed: both are hidden, and their files, moves and overlaps tell no count."""
    sizes = {"new": 3, "lapsed": 7, "active": 20}
    figures = dict.fromkeys(segments._HIDDEN_WITH) | {"description": "", "view_count_30_days_mean": None}
    portraits = [
        {"family": "lifecycle", "segment": name, "customer_count": count, **figures} for name, count in sizes.items()
    ]
    moves = [
        {"family": "lifecycle", "from_segment": f"was {name}", "to_segment": name, "customer_count": count}
        for name, count in sizes.items()
    ]
    overlap = [
        {"segment_a": f"lifecycle:{name}", "segment_b": other, "customer_count": count}
        for name, count in sizes.items()
        for other in (f"lifecycle:{name}", "rfm:loyal")
    ]
    data = {"portraits": portraits, "migration": moves, "overlap": overlap}
    shown = segments.build(page(run), {name: Answer(tuple(rows)) for name, rows in data.items()})
    assert [row[:2] for row in shown["families"][0]["rows"]] == [
        ["new", "not shown"],
        ["lapsed", "not shown"],
        ["active", "20"],
    ]
    assert shown["overlap"]["groups"] == [], "only one segment of each family may be told"
    moved = {row["name"]: [cell["text"] for cell in row["cells"]] for row in shown["migration"][0]["rows"]}
    assert moved == {"was new": ["", "", "<5"], "was lapsed": ["", "–", ""], "was active": ["20", "", ""]}
