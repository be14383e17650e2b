"""Who may get what: the SQL against a slow reading of the rules in plain Python, on a made-up shop."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

from offermill import sqlfiles
from offers import catalogue
from tests.offers.small_shop import NIGHT, run_of, shop

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
  - {id: web, campaign: summer, kind: delivery, delivery: {value: "3.00", cost: "4.00"}}
  - {id: mug, campaign: summer, kind: gift,
     gift: {name: {en: a mug, lv: krūzi, ru: кружку}, value: "6.00", cost: "2.40"},
     audience: {segments: [loyal], excluded_segments: [lapsed], minimum_orders: 2}}
"""
OFFERS = {"basket-10": "email sms", "old-10": "email", "wine-10-wine": "sms", "web": "email sms", "mug": "email sms"}

Person = dict[str, Any]


def made_up(count: int) -> list[Person]:
    rng = np.random.default_rng(11)

    def chance(share: float) -> bool:
        return bool(rng.random() < share)

    return [
        {
            "id": f"c{number:03d}",
            "closed": chance(0.1),
            "words": {one: chance(0.7) for one in ("email", "sms") if chance(0.8)},
            "addresses": {kind for kind in ("email", "phone") if chance(0.8)},
            "birth_date": [None, date(2008, 6, 30), date(2008, 7, 1), date(1980, 1, 1)][int(rng.integers(4))],
            "segments": {one for one in ("inert", "loyal", "lapsed", "unprofitable", "strategic") if chance(0.15)},
            "orders": [["web", "store"][int(rng.integers(2))] for _ in range(int(rng.integers(4)))],
            "wine": chance(0.5),
            "live": chance(0.1),
        }
        for number in range(count)
    ]


def rows(folk: list[Person]) -> dict[str, list[dict[str, object]]]:
    then = datetime(2026, 6, 1)
    usual = {"arrived_on": then.date()}
    return {
        "core.customer": [
            {
                "customer_id": one["id"],
                "registered_at": datetime(2025, 1, 1),
                "status": "closed" if one["closed"] else "active",
                "birth_date": one["birth_date"],
            }
            for one in folk
        ],
        "core.contact": [{"customer_id": one["id"], "kind": kind} for one in folk for kind in sorted(one["addresses"])],
        "core.consent": [
            {
                "customer_id": one["id"],
                "channel": channel,
                "purpose": "offers",
                "is_granted": yes,
                "recorded_at": then,
                **usual,
            }
            for one in folk
            for channel, yes in one["words"].items()
        ],
        "core.purchase": [
            {"customer_id": one["id"], "channel": channel, "ordered_at": then, "is_return": False, **usual}
            for one in folk
            for channel in one["orders"]
        ],
        "core.purchase_line": [
            {"customer_id": one["id"], "category_id": "wine", "kind": "sale", "ordered_at": then, **usual}
            for one in folk
            if one["wine"]
        ],
        "core.category": [{"category_id": "wine", "category_name": "Wine"}],
        "core.product": [
            {"product_id": "p", "category_id": "wine", "is_age_restricted": True, "list_price_minor": 900}
        ],
        "segments.membership": [
            {"customer_id": one["id"], "segment": segment, "reason": "r"}
            for one in folk
            for segment in sorted(one["segments"])
        ],
        "core.offer_assignment": [
            {"customer_id": one["id"], "offer_id": "x", "assigned_at": then, "valid_until": date(2026, 7, 1), **usual}
            for one in folk
            if one["live"]
        ],
    }


def usable(one: Person) -> set[str]:
    address = {"email": "email", "sms": "phone"}
    return {channel for channel, yes in one["words"].items() if yes and address[channel] in one["addresses"]}


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
    is_adult = one["birth_date"] is not None and one["birth_date"] <= date(2008, 6, 30)
    return {
        rule
        for rule, holds in {
            "not_valid": offer == "old-10",
            "minor": offer == "wine-10-wine" and not is_adult,
            "no_target_interest": offer == "wine-10-wine" and not one["wine"],
            "channel_not_reachable": not usable(one) & set(OFFERS[offer].split()),
            "not_web_buyer": offer == "web" and "web" not in one["orders"],
            "inert": offer != "mug" and "inert" in one["segments"],
            "segment_missing": offer == "mug" and "loyal" not in one["segments"],
            "segment_excluded": offer == "mug" and "lapsed" in one["segments"],
            "not_enough_history": offer == "mug" and len(one["orders"]) < 2,
        }.items()
        if holds
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """Return (customer, scope, rule) of every exclusion and (customer, offer, channel) of every candidate."""
    run = run_of(tmp_path_factory.mktemp("shop"), CATALOGUE, NIGHT)
    with shop(rows(made_up(300))) as warehouse:
        catalogue.load_catalogue(warehouse, run)
        for address in sqlfiles.tables("offers"):
            if address not in ("offers.decision_log", "offers.assignment_group", "offers.campaign_control"):
                warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)
        exclusions = set(warehouse.rows("select customer_id, scope, rule from offers.exclusion"))
        return exclusions, set(warehouse.rows("select customer_id, offer_id, channel from offers.candidate"))


def test_every_exclusion_is_the_one_that_the_rules_say(found: tuple[set[tuple[str, ...]], ...]) -> None:
    expected = set()
    for one in made_up(300):
        of_person = rules_of_person(one)
        expected |= {(one["id"], "*", rule) for rule in of_person}
        if not of_person:
            expected |= {(one["id"], offer, rule) for offer in OFFERS for rule in rules_of_offer(one, offer)}

    assert len({rule for _, _, rule in expected}) == 7 + 9
    assert found[0] == expected


def test_who_is_not_excluded_is_a_candidate_by_the_first_channel_allowed(
    found: tuple[set[tuple[str, ...]], ...],
) -> None:
    expected = set()
    for one in made_up(300):
        if not rules_of_person(one):
            for offer, channels in OFFERS.items():
                if not rules_of_offer(one, offer):
                    first = next(channel for channel in channels.split() if channel in usable(one))
                    expected.add((one["id"], offer, first))

    assert len(expected) > 100
    assert found[1] == expected
