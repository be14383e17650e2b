"""Control groups by salted hash: their shares over many salts, and that the permanent one never gets anything."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import sqrt

import numpy as np
import pytest

from offermill import sqlfiles
from offermill.warehouse import Warehouse
from offers import policy
from offers.limits import BUDGET
from offers.night_limits import NightLimit
from offers.people import GROUPS, NOTHING, People
from offers.policy import Rules
from tests.offers.small_shop import NIGHT, fill
from tests.offers.test_policy import pairs

PEOPLE, SALTS = 200, 40
SHARES = {
    "randomisation_global_control_share": 0.05,
    "randomisation_campaign_control_share": 0.2,
    "randomisation_exploration_share": 0.1,
    "randomisation_pilot_share": 0.15,
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Warehouse]:
    """Return people and two campaigns."""
    with Warehouse.open() as warehouse:
        ids = [f"c{number:03d}" for number in range(PEOPLE)]
        fill(warehouse, "core.customer", [{"customer_id": one, "registered_at": datetime(2025, 1, 1)} for one in ids])
        always = {"valid_from": date(2026, 1, 1), "valid_until": date(2026, 12, 31)}
        fill(
            warehouse,
            "offers.catalogue",
            [{"offer_id": name, "campaign_id": name, **always} for name in ("summer", "winter")],
        )
        yield warehouse


def groups(warehouse: Warehouse, salt: str, night: date = NIGHT) -> list[tuple[str, str, float]]:
    """Return customer_id, group and tonight's lot, as the night's two SQL files draw them."""
    bound = {
        **SHARES,
        "randomisation_salt": salt,
        "business_date": night,
        "as_of": datetime(night.year, night.month, night.day, 21),
    }
    for address in ("offers.campaign_control", "offers.assignment_group"):
        warehouse.replace_table(address, sqlfiles.read(address).text, bound)
    return warehouse.rows("select customer_id, group_name, unit from offers.assignment_group order by customer_id")


def test_over_many_salts_every_group_has_its_share(shop: Warehouse) -> None:
    found: Counter[str] = Counter()
    held: Counter[int] = Counter()
    for salt in range(SALTS):
        found.update(name for _, name, _ in groups(shop, f"a salt, number {salt}"))
        counts = shop.rows("select count(*) from offers.campaign_control group by customer_id")
        held.update(count for (count,) in counts)

    drawn = PEOPLE * SALTS
    rest = 0.95 * (1 - 0.2**2)
    wanted = {
        "global_control": 0.05,
        "control": 0.95 * 0.2**2,  # held back from both campaigns
        "explore": rest * 0.1,
        "pilot": rest * 0.15,
        "choose": rest * 0.75,
    }
    assert set(found) == set(wanted)
    for name, share in wanted.items():
        assert found[name] / drawn == pytest.approx(share, abs=4 * sqrt(share * (1 - share) / drawn)), name
    # One campaign's lot says nothing of the other's.
    for count, share in ((1, 2 * 0.2 * 0.8), (2, 0.2**2)):
        assert held[count] / drawn == pytest.approx(share, abs=4 * sqrt(share * (1 - share) / drawn))


def test_over_thirty_nights_nobody_in_the_permanent_control_group_gets_anything(shop: Warehouse) -> None:
    candidates = pairs(PEOPLE)
    controls, gets = set(), Counter[str]()
    for night in (NIGHT + timedelta(days=days) for days in range(30)):
        drawn = groups(shop, "a salt for tests", night)
        group = np.array([GROUPS.index(name) for _, name, _ in drawn])
        folk = People(np.array([one for one, _, _ in drawn], dtype=object), group, np.array([lot for *_, lot in drawn]))
        rules = Rules(0.05, 0.2, 0.1, 0.15, ("a salt for tests", night.isoformat()))
        plan = policy.decide(folk, candidates, (NightLimit(BUDGET, 1_000_000),), rules)
        controls.add(frozenset(one for one, name, _ in drawn if name == "global_control"))
        gets.update(drawn[person][0] for person in np.flatnonzero(plan.chosen != NOTHING))

    assert len(controls) == 1
    (permanent,) = controls
    assert 2 <= len(permanent) <= 25
    assert not permanent & set(gets)
    # Everybody else gets something, but for those whom both campaigns hold back for good.
    assert len(gets) > 0.9 * (PEOPLE - len(permanent))
