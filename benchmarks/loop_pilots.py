"""The pilots of a cold shop: planned by the product itself the evening before, inside a night's money.

One pilot draws at a time, and only people to whom all of its arms are open. So the offers for everybody come first,
together; then a night for each category, which is open only to people whom something ties to it.
"""

import re
from datetime import date, timedelta
from pathlib import Path

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
# Too small to be found by any pilot: the refusal says what can be found, and that is asked for then, a little more
# at each refusal.
SMALLEST, MORE, TRIES = 0.001, 1.02, 8


def money(number: int, whole: int) -> int:
    """Return the part of the pilots' whole money that a night has; night 0 only reads what the shop knows."""
    if number == 1:
        return int(whole * FIRST_SHARE)
    return int(whole * (1 - FIRST_SHARE) / CATEGORY_NIGHTS) if 1 < number <= 1 + CATEGORY_NIGHTS else 0


def plan(folder: Path, day: date, number: int) -> str:
    """Write the plan of the pilot that draws on the night after `day`; return it in words.

    `number` is that night's; the shop's offers.yml holds its money already.
    """
    night.take_snapshot(folder, day)
    offers = _arms(folder, day, number)
    if not offers:
        return "no arm is left for a pilot"
    asked = {"pilot_id": f"cold-{number}", "offers": offers, "metric": "conversion", "nights": 1, "looks": 1}
    effect = SMALLEST
    for _ in range(TRIES):
        wish = pilot_plan.Asked(effect=f"{effect:.4f}", **asked)  # type: ignore[arg-type]
        try:
            return pilot_plan.write(ShopPaths(folder), day, wish).as_text()
        except ConfigError as problem:
            said, found = str(problem), re.search(r"Choose --effect ([0-9.]+)", str(problem))
        if found is None:
            break
        effect = max(float(found[1]), effect * MORE)
    return f"no pilot on {day + timedelta(days=1)}: {said}"


def _arms(folder: Path, day: date, number: int) -> tuple[str, ...]:
    run = Run.of_snapshot(folder, day)
    with Warehouse.open(run.shop.warehouse, read_only=True) as warehouse:
        known: pa.Table = warehouse.arrow("select offer_id, template_id from offers.catalogue order by offer_id")
    pairs = list(zip(known["offer_id"].to_pylist(), known["template_id"].to_pylist(), strict=True))
    if number == 1:
        return tuple(offer for offer, template in pairs if template in FOR_EVERYBODY)
    categories = [offer for offer, template in pairs if template == BY_CATEGORY]
    return tuple(categories[number - 2 : number - 1])
