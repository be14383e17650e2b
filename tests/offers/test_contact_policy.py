"""When people are left alone: the SQL against a slow reading of the policy in plain Python, on made-up histories."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from offermill import businessday, sqlfiles
from offers import catalogue
from tests.offers.small_shop import fill, run_of, shop

RIGA = ZoneInfo("Europe/Riga")
# The clocks go forward on 29 March and back on 25 October; 31 July is the last day of a month, 5 July a Sunday.
NIGHTS = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 7, 31), date(2026, 7, 5))
CATALOGUE = """
budget: {amount: "100.00"}
point_value: "0.01"
campaigns: [{id: summer, name: Summer, valid_days: 28, channels: [email, sms]}]
templates:
  - {id: plain, campaign: summer, kind: points, depths: [100]}
  - {id: rare, campaign: summer, kind: points, depths: [200], per_person: {times: 2, days: 30}}
  - {id: monthly, campaign: summer, kind: points, depths: [300], per_person: {times: 1, period: month}}
  - {id: rival, campaign: summer, kind: points, depths: [400], never_with: rare}
  - {id: second, campaign: summer, kind: points, depths: [500], only_after: [plain, monthly]}
"""
OFFERS = {"plain-100", "rare-200", "monthly-300", "rival-400", "second-500"}
TABLES = (
    "offers.sent_offer",
    "offers.contact_answer",
    "offers.contact",
    "offers.open_channel",
    "offers.contact_silence",
    "offers.exclusion_by_contact",
)
WINDOWS = {"email": (2, 7), "sms": (1, 7)}

Person = dict[str, Any]


def made_up(night: date, count: int = 60) -> list[Person]:
    """Return people with contacts and purchases of the year up to the night, many near its borders."""
    rng = np.random.default_rng(night.toordinal())

    def ages(most: int) -> list[int]:
        near = rng.integers(0, 9, int(rng.integers(most + 1)))
        far = rng.integers(0, 200, int(rng.integers(most + 1)))
        return sorted({int(age) for age in (*near, *far)})

    return [
        {
            "id": f"c{number:02d}",
            "contacts": [
                {
                    # Our own night of that age was sent the day after it, a wave of others on its own day.
                    "is_own": bool(rng.random() < 0.5) and age > 0,
                    "age": age,
                    "template": str(rng.choice(["plain", "rare", "monthly", "rival"])),
                    "channel": str(rng.choice(["email", "sms"])),
                    "minute": int(rng.choice([0, 30, 23 * 60 + 59])),
                    "valid_days": int(rng.integers(1, 15)),
                }
                for age in ages(4)
            ],
            "purchases": ages(2),
        }
        for number in range(count)
    ]


def sent_on(night: date, contact: Person) -> date:
    return night - timedelta(days=contact["age"] - contact["is_own"])


def moment(day: date, minute: int) -> datetime:
    """Return local wall-clock time as naive UTC."""
    local = datetime.combine(day, time(minute // 60, minute % 60), RIGA)
    return local.astimezone(UTC).replace(tzinfo=None)


def rows(night: date, folk: list[Person]) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {name: [] for name in ("own", "other", "core.purchase")}
    depths = {offer.rsplit("-", 1)[0]: offer for offer in OFFERS}
    for one in folk:
        for number, contact in enumerate(one["contacts"]):
            day = sent_on(night, contact)
            usual = {
                "customer_id": one["id"],
                "offer_id": depths[contact["template"]],
                "channel": contact["channel"],
                "wave_id": f"{one['id']}:{number}",
                "valid_until": day + timedelta(days=contact["valid_days"]),
            }
            sent = {"assignment_id": f"{one['id']}-{number}", "assigned_at": moment(day, contact["minute"])}
            if contact["is_own"]:
                found["own"].append({**usual, "business_date": day - timedelta(days=1)})
            # Our own waves come back in the shop's log; they count once.
            found["other"].append({**usual, **sent, "assigned_on": day, "arrived_on": day})
        for number, age in enumerate(one["purchases"]):
            day = night - timedelta(days=age)
            found["core.purchase"].append(
                {
                    "order_id": f"{one['id']}-{number}",
                    "customer_id": one["id"],
                    "ordered_at": moment(day, 23 * 60 + 59),
                    "ordered_on": day,
                    "arrived_on": day,
                    "is_return": False,
                }
            )
    return {**found, "core.offer_assignment": found.pop("other"), "offers.decision_history": found.pop("own")}


def found_verdicts(folder: Path, night: date, folk: list[Person]) -> set[tuple[str, str, str]]:
    made = rows(night, folk)
    run = replace(run_of(folder, CATALOGUE, night), as_of=businessday.interval(night, "Europe/Riga")[1])
    known = [{"customer_id": one["id"], "channel": channel, "may_be_used": True} for one in folk for channel in WINDOWS]
    with shop(made) as warehouse:
        catalogue.load_catalogue(warehouse, run)
        fill(warehouse, "offers.decision_history", made["offers.decision_history"])
        fill(warehouse, "offers.channel_permission", known)
        fill(warehouse, "offers.eligible_customer", [{"customer_id": one["id"]} for one in folk])
        for address in TABLES:
            warehouse.replace_table(address, sqlfiles.read(address).text, run.parameters)
        channels = "select customer_id, channel, 'full' from offers.open_channel where not is_open"
        silences = "select customer_id, '*', rule from offers.contact_silence"
        offers = "select customer_id, offer_id, rule from offers.exclusion_by_contact"
        return {row for sql in (channels, silences, offers) for row in warehouse.rows(sql)}


def expected_verdicts(night: date, folk: list[Person]) -> set[tuple[str, str, str]]:
    return {(one["id"], *verdict) for one in folk for verdict in verdicts_of(night, one)}


def verdicts_of(night: date, one: Person) -> set[tuple[str, str]]:
    """Return (offer, channel or '*', rule) of a person on the day of tonight's contacts."""
    today = night + timedelta(days=1)
    days = [(sent_on(night, contact), contact) for contact in one["contacts"]]
    found = set()
    full = {
        channel
        for channel, (most, length) in WINDOWS.items()
        if sum((today - day).days < length for day, contact in days if contact["channel"] == channel) >= most
    }
    found |= {(channel, "full") for channel in full}
    if full == set(WINDOWS):
        found.add(("*", "contacts_full"))
    in_week = sum(day.isocalendar()[:2] == today.isocalendar()[:2] for day, _ in days)
    in_month = sum((day.year, day.month) == (today.year, today.month) for day, _ in days)
    if in_week >= 2 or in_month >= 4:
        found.add(("*", "offers_cap"))
    if 0 in one["purchases"]:
        found.add(("*", "after_purchase"))
    return found | rules_of_offers(night, one, days)


def rules_of_offers(night: date, one: Person, days: list[tuple[date, Person]]) -> set[tuple[str, str]]:
    today = night + timedelta(days=1)
    got = {contact["template"] for _, contact in days}
    found = {("second-500", "only_after")} if not {"plain", "monthly"} <= got else set()
    if "rare" in got:
        found.add(("rival-400", "never_with"))
    if "rival" in got:
        found.add(("rare-200", "never_with"))
    if sum(contact["template"] == "rare" and (today - day).days < 30 for day, contact in days) >= 2:
        found.add(("rare-200", "person_cap"))
    if any(contact["template"] == "monthly" and day >= today.replace(day=1) for day, contact in days):
        found.add(("monthly-300", "person_cap"))
    bought = [night - timedelta(days=age) for age in one["purchases"]]
    for offer in OFFERS:
        in_a_row = 0
        for day, contact in sorted(days, key=lambda pair: pair[0]):
            if offer.startswith(contact["template"] + "-") and (today - day).days < 180:
                until = day + timedelta(days=contact["valid_days"])
                in_a_row = 0 if any(day <= when <= until for when in bought) else in_a_row + 1
        if in_a_row >= 3:
            found.add((offer, "seen_unanswered"))
    return found


@pytest.mark.parametrize("night", NIGHTS, ids=str)
def test_every_verdict_is_the_one_that_the_policy_says(tmp_path: Path, night: date) -> None:
    folk = made_up(night)

    assert found_verdicts(tmp_path, night, folk) == expected_verdicts(night, folk)


def test_the_nights_meet_every_rule() -> None:
    met = {rule for night in NIGHTS for _, _, rule in expected_verdicts(night, made_up(night))}
    assert met == {
        "full",
        "contacts_full",
        "offers_cap",
        "after_purchase",
        "only_after",
        "never_with",
        "person_cap",
        "seen_unanswered",
    }
