"""The pilot of a cold shop: planned by the product itself the evening before, inside the money of its night.

One pilot tries the offers for everybody and those of each category, which are open only to people whom something ties
to it: everybody's lot is among the arms open to them. It draws on one night, since what is drawn later has no complete
horizon yet when the first nights choose. A channel with a cap does not make it small: its people are drawn with a
smaller chance, and others take their places.
"""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from offermill import night
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import pilot_plan

TEMPLATES = ("basket-percent", "amount", "category-percent")
NIGHT = 1
# Between these changes of the chance to buy the smallest is looked for that the money can find: the largest pilot.
SMALLEST, LARGEST, TRIES = 0.005, 0.32, 7


def money(number: int, whole: int) -> int:
    """Return the part of the pilot's whole money that a night has; night 0 only reads what the shop knows."""
    return whole if number == NIGHT else 0


def plan(folder: Path, day: date, number: int, budget: int) -> str:
    """Write the plan of the pilot that draws on the night after `day`; return it in words.

    `number` is that night's, `budget` the pilot's whole money; the shop's offers.yml holds it as the night's already.
    Offers that too few people may get to say anything are left out, the rarest first.
    """
    night.take_snapshot(folder, day)
    offers, said = _arms(folder, day), "no offer is open to anybody"
    while offers:
        asked = {"pilot_id": f"cold-{number}", "offers": offers, "metric": "conversion", "nights": 1, "looks": 1}
        low, high = SMALLEST, LARGEST
        for _ in range(TRIES):
            middle = (low * high) ** 0.5
            low, high = (low, middle) if _is_payable(folder, day, _wish(asked, middle), budget) else (middle, high)
        try:
            return pilot_plan.write(ShopPaths(folder), day, _wish(asked, high)).as_text()
        except ConfigError as problem:
            offers, said = offers[1:], str(problem)
    return f"no pilot on {day + timedelta(days=1)}: {said}"


def _wish(asked: dict[str, Any], effect: float) -> pilot_plan.Asked:
    return pilot_plan.Asked(effect=f"{effect:.4f}", **asked)


def _is_payable(folder: Path, day: date, wish: pilot_plan.Asked, budget: int) -> bool:
    run = Run.of_snapshot(folder, day)
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        try:
            return Decimal(pilot_plan.plan(warehouse, run, wish).money.expected) <= budget
        except ConfigError:
            return False


def _arms(folder: Path, day: date) -> tuple[str, ...]:
    """Return the offers of the templates that somebody may get, by how many may."""
    run = Run.of_snapshot(folder, day)
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        rows = warehouse.rows(
            "select catalogue.offer_id from offers.catalogue as catalogue "
            "inner join offers.candidate as candidate on catalogue.offer_id = candidate.offer_id "
            "where list_contains($templates, catalogue.template_id) "
            "group by catalogue.offer_id order by count(*), catalogue.offer_id",
            {"templates": list(TEMPLATES)},
        )
    return tuple(offer for (offer,) in rows)
