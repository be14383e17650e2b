"""The pilots of a cold shop: planned by the product itself the evening before, inside a night's money.

One pilot draws at a time, and only people to whom all of its arms are open. So the offers for everybody come first,
together; then a night for each category, which is open only to people whom something ties to it.
"""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from offermill import night
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers import pilot_plan

FOR_EVERYBODY = ("basket-percent", "amount")
BY_CATEGORY = "category-percent"
# Of the money of the first 28 nights; the categories share the rest evenly.
FIRST_SHARE = 0.7
CATEGORY_NIGHTS = 6
# A plan counts everybody it may draw at the dearest arm, so a night's purse must hold a multiple of what the cohort is
# expected to cost; the plan that is taken is one expected to cost no more than its money.
PURSE_TIMES = 3
# Between these changes of the chance to buy the smallest is looked for that the money can find: the largest pilot.
SMALLEST, LARGEST, TRIES = 0.005, 0.32, 7


def money(number: int, whole: int) -> int:
    """Return the part of the pilots' whole money that a night has; night 0 only reads what the shop knows."""
    if number == 1:
        return int(whole * FIRST_SHARE)
    return int(whole * (1 - FIRST_SHARE) / CATEGORY_NIGHTS) if 1 < number <= 1 + CATEGORY_NIGHTS else 0


def plan(folder: Path, day: date, number: int, budget: int) -> str:
    """Write the plan of the pilot that draws on the night after `day`; return it in words.

    `number` is that night's, `budget` the pilot's whole money; the shop's offers.yml holds the night's purse already.
    """
    night.take_snapshot(folder, day)
    offers = _arms(folder, day, number)
    if not offers:
        return "no arm is left for a pilot"
    asked = {"pilot_id": f"cold-{number}", "offers": offers, "metric": "conversion", "nights": 1, "looks": 1}
    low, high = SMALLEST, LARGEST
    for _ in range(TRIES):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if _is_payable(folder, day, _wish(asked, middle), budget) else (middle, high)
    try:
        return pilot_plan.write(ShopPaths(folder), day, _wish(asked, high)).as_text()
    except ConfigError as problem:
        return f"no pilot on {day + timedelta(days=1)}: {problem}"


def _wish(asked: dict[str, Any], effect: float) -> pilot_plan.Asked:
    return pilot_plan.Asked(effect=f"{effect:.4f}", **asked)


def _is_payable(folder: Path, day: date, wish: pilot_plan.Asked, budget: int) -> bool:
    run = Run.of_snapshot(folder, day)
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        try:
            return Decimal(pilot_plan.plan(warehouse, run, wish).money.expected) <= budget
        except ConfigError:
            return False


def _arms(folder: Path, day: date, number: int) -> tuple[str, ...]:
    run = Run.of_snapshot(folder, day)
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        known: pa.Table = warehouse.arrow("select offer_id, template_id from offers.catalogue order by offer_id")
    pairs = list(zip(known["offer_id"].to_pylist(), known["template_id"].to_pylist(), strict=True))
    if number == 1:
        return tuple(offer for offer, template in pairs if template in FOR_EVERYBODY)
    categories = [offer for offer, template in pairs if template == BY_CATEGORY]
    return tuple(categories[number - 2 : number - 1])
