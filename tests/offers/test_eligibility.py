"""Who may get what: the SQL against a slow reading of the rules in plain Python, on a made-up shop."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from offermill import sqlfiles
from offermill.run import Run
from offers import catalogue
from tests.offers.small_shop import AFTER_DECISION, NIGHT, make_tables, run_of, shop

CATALOGUE = """
budget: {amount: "100.00"}
campaigns:
  - {id: summer, name: Summer, valid_days: 28, channels: [email, sms]}
  - {id: over, name: Over, valid_until: "2026-06-30", channels: [email]}
templates:
  - {id: basket, campaign: summer, kind: percent, depths: [10], max_discount: "20.00"}
  - {id: old, campaign: over, kind: percent, depths: [10], max_discount: "20.00"}
  - {id: wine, campaign: summer, kind: percent, depths: [10], max_discount: "20.00",
     target: {kind: category, ids: [wine]}, channels: [sms]}
  - {id: tea, campaign: summer, kind: percent, depths: [10], max_discount: "20.00",
     target: {kind: category, ids: [tea]}}
  - {id: web, campaign: summer, kind: delivery, delivery: {value: "3.00", cost: "4.00"}}
  - {id: mug, campaign: summer, kind: gift,
     gift: {name: {en: a mug, lv: krūzi, ru: кружку}, value: "6.00", cost: "2.40"},
     audience: {segments: [loyal], excluded_segments: [lapsed], minimum_orders: 2}}
"""
OFFERS = {
    "basket-10": "email sms",
    "old-10": "email",
    "wine-10-wine": "sms",
    "tea-10-tea": "email sms",
    "web": "email sms",
    "mug": "email sms",
}
TARGETS = {"wine-10-wine": "wine", "tea-10-tea": "tea"}
# One target a person, so that the second has to stand back.
TARGETS_PER_PERSON = 1
# What the lots and the decision make.
LATER = (*AFTER_DECISION, "offers.assignment_group", "offers.campaign_control")
FEATURES = ("features.visitor_owner", "features.customer_category", "features.customer_event")
THEN = datetime(2026, 6, 1)
ARRIVED = {"arrived_on": THEN.date()}
SAID = {"recorded_at": THEN, **ARRIVED}

Person = dict[str, Any]


def made_up(count: int) -> list[Person]:
    rng = np.random.default_rng(11)

    def chance(share: float) -> bool:
        return bool(rng.random() < share)

    def days(most: int, share: float) -> list[int]:
        """Return ages in days, the latest first, of what happened."""
        return sorted({int(age) for age in rng.integers(0, 100, int(rng.integers(most + 1)))}) if chance(share) else []

    return [
        {
            "id": f"c{number:03d}",
            "closed": chance(0.1),
            "words": {one: chance(0.7) for one in ("email", "sms") if chance(0.8)},
            "addresses": {kind for kind in ("email", "phone") if chance(0.8)},
            "birth_date": [None, date(2008, 6, 30), date(2008, 7, 1), date(1980, 1, 1)][int(rng.integers(4))],
            "segments": {one for one in ("inert", "loyal", "lapsed", "unprofitable", "strategic") if chance(0.15)},
            "orders": [["web", "store"][int(rng.integers(2))] for _ in range(int(rng.integers(4)))],
            "bought": {goods: days(5, 0.6) for goods in TARGETS.values()},
            "viewed": {goods: days(3, 0.4) for goods in TARGETS.values()},
            "carted": {goods: days(2, 0.3) for goods in TARGETS.values()},
            "live": chance(0.1),
        }
        for number in range(count)
    ]


def ago(age: int, hour: int) -> dict[str, object]:
    """Return when and on which local day something happened `age` days before the night."""
    day = NIGHT - timedelta(days=age)
    return {"at": datetime(day.year, day.month, day.day, hour), "on": day}


def purchase_lines(folk: list[Person]) -> list[dict[str, object]]:
    return [
        {
            "order_id": f"{one['id']}-{goods}-{age}",
            "line_number": 1,
            "customer_id": one["id"],
            "category_id": goods,
            "kind": "sale",
            "net_minor": 100,
            "margin_minor": 30,
            "ordered_at": ago(age, 12)["at"],
            "ordered_on": ago(age, 12)["on"],
            "arrived_on": ago(age, 12)["on"],
        }
        for one in folk
        for goods, ages in one["bought"].items()
        for age in ages
    ]


def events(folk: list[Person]) -> list[dict[str, object]]:
    # Views are in the morning, before that day's purchase; carts in the evening, after it.
    return [
        {
            "event_id": f"{one['id']}-{kind}-{goods}-{age}",
            "visitor_id": one["id"],
            "kind": kind,
            "category_id": goods,
            "occurred_at": ago(age, hour)["at"],
            "occurred_on": ago(age, hour)["on"],
            "arrived_on": ago(age, hour)["on"],
        }
        for one in folk
        for kind, key, hour in (("view", "viewed", 8), ("cart", "carted", 18))
        for goods, ages in one[key].items()
        for age in ages
    ]


def people(folk: list[Person]) -> dict[str, list[dict[str, object]]]:
    """Return who the people are, in which segments, and how they may be reached."""
    customers = [
        {
            "customer_id": one["id"],
            "registered_at": datetime(2025, 1, 1),
            "status": "closed" if one["closed"] else "active",
            "birth_date": one["birth_date"],
        }
        for one in folk
    ]
    words = [
        {"customer_id": one["id"], "channel": channel, "purpose": "offers", "is_granted": yes, **SAID}
        for one in folk
        for channel, yes in one["words"].items()
    ]
    members = [
        {"customer_id": one["id"], "segment": segment, "reason": "r"}
        for one in folk
        for segment in sorted(one["segments"])
    ]
    return {
        "core.customer": customers,
        "core.contact": [{"customer_id": one["id"], "kind": kind} for one in folk for kind in sorted(one["addresses"])],
        "core.consent": words,
        "segments.membership": members,
    }


def deeds(folk: list[Person]) -> dict[str, list[dict[str, object]]]:
    """Return what the people bought and looked at, and the offers that they still have."""
    orders = [
        {"customer_id": one["id"], "channel": channel, "ordered_at": THEN, "is_return": False, **ARRIVED}
        for one in folk
        for channel in one["orders"]
    ]
    links = [
        {"visitor_id": one["id"], "customer_id": one["id"], "linked_at": datetime(2025, 1, 1), **ARRIVED}
        for one in folk
    ]
    live = [
        {"customer_id": one["id"], "offer_id": "x", "assigned_at": THEN, "valid_until": date(2026, 7, 1), **ARRIVED}
        for one in folk
        if one["live"]
    ]
    return {
        "core.purchase": orders,
        "core.purchase_line": purchase_lines(folk),
        "core.visitor_link": links,
        "core.browsing_event": events(folk),
        "core.offer_assignment": live,
    }


def rows(folk: list[Person]) -> dict[str, list[dict[str, object]]]:
    return {
        **people(folk),
        **deeds(folk),
        "core.category": [
            {"category_id": "wine", "category_name": "Wine"},
            {"category_id": "tea", "category_name": "Tea"},
        ],
        "core.product": [
            {"product_id": "p", "category_id": "wine", "is_age_restricted": True, "list_price_minor": 900},
            {"product_id": "t", "category_id": "tea", "is_age_restricted": False, "list_price_minor": 900},
        ],
    }


def usable(one: Person) -> set[str]:
    address = {"email": "email", "sms": "phone"}
    return {channel for channel, yes in one["words"].items() if yes and address[channel] in one["addresses"]}


def reason_of(one: Person, goods: str) -> tuple[float, str] | None:
    """Return the score and name of the strongest reason to offer the goods (docs/how-to/write-offers.md)."""
    bought, found = one["bought"][goods], []
    last = bought[0] if bought else 1000
    carted = [age for age in one["carted"][goods] if age <= last and age < 90]
    viewed = [age for age in one["viewed"][goods] if age < last and age < 90]
    if carted:
        found.append((0.5 ** (carted[0] / 28), "carted"))
    if viewed:
        found.append((0.7 * 0.5 ** (viewed[0] / 28) * len(viewed) / (len(viewed) + 1), "viewed"))
    if 0 < len(bought) < 3:
        found.append((0.2 / (1 + last / 90), "bought"))
    if len(bought) >= 3:
        ratio = last / ((bought[-1] - last) / (len(bought) - 1))
        if ratio >= 3:
            found.append((0.6 * len(bought) / (len(bought) + 5), "lapsed"))
        elif ratio >= 0.8:
            found.append((0.9 * min(ratio, 1 / ratio), "due"))
    return min(((round(score, 6), name) for score, name in found), key=lambda pair: (-pair[0], pair[1]), default=None)


def targets_of(one: Person) -> dict[str, str]:
    """Return why each target would be offered, the strongest first."""
    found = {goods: reason for goods in TARGETS.values() if (reason := reason_of(one, goods))}
    ranked = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    return {goods: name for goods, (_, name) in ranked}


def rules_of_person(one: Person) -> set[str]:
    granted = any(one["words"].values())
    return {
        rule
        for rule, holds in {
            "closed": one["closed"],
            "no_consent": not one["words"],
            "opted_out": bool(one["words"]) and not granted,
            "no_address": granted and not usable(one),
            "strategic": "strategic" in one["segments"],
            "unprofitable": "unprofitable" in one["segments"],
            "live_offer": one["live"],
        }.items()
        if holds
    }


def rules_of_offer(one: Person, offer: str) -> set[str]:
    # 18 on the night of 2026-06-30: born on that day in 2008 or before.
    targets, goods = targets_of(one), TARGETS.get(offer)
    best = list(targets)[:TARGETS_PER_PERSON]
    is_adult = one["birth_date"] is not None and one["birth_date"] <= date(2008, 6, 30)
    return {
        rule
        for rule, holds in {
            "not_valid": offer == "old-10",
            "minor": offer == "wine-10-wine" and not is_adult,
            "no_target_interest": goods is not None and goods not in targets,
            "weaker_target": goods in targets and goods not in best,
            "channel_not_reachable": not usable(one) & set(OFFERS[offer].split()),
            "not_web_buyer": offer == "web" and "web" not in one["orders"],
            "inert": offer != "mug" and "inert" in one["segments"],
            "segment_missing": offer == "mug" and "loyal" not in one["segments"],
            "segment_excluded": offer == "mug" and "lapsed" in one["segments"],
            "not_enough_history": offer == "mug" and len(one["orders"]) < 2,
        }.items()
        if holds
    }


def prepared(run: Run) -> Run:
    candidates = run.settings.candidates.model_copy(update={"targets_per_person": TARGETS_PER_PERSON})
    return replace(run, settings=run.settings.model_copy(update={"candidates": candidates}))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """Return (customer, scope, rule) of exclusions and (customer, offer, channel, target reason) of candidates."""
    run = prepared(run_of(tmp_path_factory.mktemp("shop"), CATALOGUE, NIGHT))
    with shop(rows(made_up(200))) as warehouse:
        catalogue.load_catalogue(warehouse, run)
        for address in FEATURES:
            warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)
        make_tables(warehouse, run, LATER)
        exclusions = set(warehouse.rows("select customer_id, scope, rule from offers.exclusion"))
        candidates = "select customer_id, offer_id, channel, target_reason from offers.candidate"
        return exclusions, set(warehouse.rows(candidates))


def test_every_exclusion_is_the_one_that_the_rules_say(found: tuple[set[tuple[str, ...]], ...]) -> None:
    expected = set()
    for one in made_up(200):
        of_person = rules_of_person(one)
        expected |= {(one["id"], "*", rule) for rule in of_person}
        if not of_person:
            expected |= {(one["id"], offer, rule) for offer in OFFERS for rule in rules_of_offer(one, offer)}

    assert len({rule for _, _, rule in expected}) == 7 + 10
    assert found[0] == expected


def test_who_is_not_excluded_is_a_candidate_by_the_first_channel_allowed(
    found: tuple[set[tuple[str, ...]], ...],
) -> None:
    expected = set()
    for one in made_up(200):
        if not rules_of_person(one):
            for offer, channels in OFFERS.items():
                if not rules_of_offer(one, offer):
                    first = next(channel for channel in channels.split() if channel in usable(one))
                    reason = targets_of(one)[TARGETS[offer]] if offer in TARGETS else "basket"
                    expected.add((one["id"], offer, first, reason))

    assert {reason for *_, reason in expected} == {"basket", "carted", "due", "viewed", "lapsed", "bought"}
    assert found[1] == expected
