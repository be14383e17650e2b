"""`offermill pilot plan` and `offermill pilot report`."""

from importlib import import_module
from typing import Annotated

import typer

from offermill.cli_shared import DEFAULT_SHOP, DateOption, JsonOption, ShopOption, day_of, plainly, show
from offermill.paths import ShopPaths

app = typer.Typer(no_args_is_help=True, help="Pilots: plan one before its start, and read what it found.")

IdOption = Annotated[
    str, typer.Option("--id", help="Name of the pilot; its plan is pilots/ID.yml in the shop's folder.")
]


@app.command()
@plainly
def plan(
    date: DateOption,
    pilot_id: IdOption,
    shop: ShopOption = DEFAULT_SHOP,
    template: Annotated[
        list[str] | None, typer.Option(help="Try every offer of this template (may be repeated).")
    ] = None,
    offer: Annotated[list[str] | None, typer.Option(help="Try this offer (may be repeated).")] = None,
    metric: Annotated[str, typer.Option(help="What is compared: margin (per person) or conversion.")] = "margin",
    effect: Annotated[
        str, typer.Option(help="Smallest effect worth finding: money, or a change of the chance.")
    ] = "0.50",
    power: Annotated[float, typer.Option(help="Chance that an effect of that size is found.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Chance that any offer without effect is declared to have one.")] = 0.05,
    nights: Annotated[
        int | None, typer.Option(help="How many nights draw people; as few as the money allows, 7 at least.")
    ] = None,
    budget: Annotated[str | None, typer.Option(help="The most the pilot may cost, such as 1500.00.")] = None,
    counts: Annotated[str, typer.Option(help="What a draw counts in budgets: expected or worst.")] = "expected",
    looks: Annotated[int, typer.Option(min=1, max=5, help="Dates on which a verdict may fall.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Compute a pilot's size, cost and days, and write its plan before the start."""
    planning = import_module("offers.pilot_plan")
    asked = planning.Asked(
        pilot_id=pilot_id,
        templates=tuple(template or ()),
        offers=tuple(offer or ()),
        metric=metric,
        effect=effect,
        alpha=alpha,
        power=power,
        nights=nights,
        budget=budget,
        counts=counts,
        looks=looks,
    )
    written = planning.write(ShopPaths(shop), day_of(date), asked)
    show(as_json, written.as_dict(), lambda: written.as_text())


@app.command()
@plainly
def report(
    date: DateOption,
    pilot_id: IdOption,
    shop: ShopOption = DEFAULT_SHOP,
    as_json: JsonOption = False,
) -> None:
    """Say what a pilot found so far, and by its own plan whether to go on, wait, extend or stop."""
    found = import_module("offers.pilot_report").report(ShopPaths(shop), day_of(date), pilot_id)
    show(as_json, found.as_dict(), lambda: import_module("offers.pilot_text").of(found))
