"""The command line: what people type, what they read back, and how errors end."""

import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from offermill import cli_pilot, cli_portal, cli_preview, cli_sign, console, examples, flows, night, settings
from offermill.cli_shared import DEFAULT_SHOP, DateOption, JsonOption, ShopOption, day_of, plainly, show
from offermill.errors import ConfigError, DeliveryError
from offermill.flows import Step
from offermill.paths import ShopPaths

EXIT_CODES = (
    "Exit codes: 0 done · 1 other error · 2 settings, catalogue or command · 3 input files · 4 a critical check · "
    "5 a stored model · 6 publication · 7 the warehouse is held or cannot be opened · 8 a delivery to a target."
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Nightly personalised offers that pay for change, not for habit.",
    epilog=EXIT_CODES,
)
app.add_typer(cli_pilot.app, name="pilot")
app.add_typer(cli_portal.users, name="user")
app.add_typer(cli_portal.audit, name="audit")
app.command()(cli_portal.serve)
app.command()(cli_sign.sign)
app.command()(cli_preview.preview)


@app.command()
@plainly
def init(
    folder: Annotated[Path, typer.Argument(help="The new shop's folder.")],
    example: Annotated[str, typer.Option(help="Which example to copy: demo or completejourney.")] = "demo",
    as_json: JsonOption = False,
) -> None:
    """Write a new shop folder with shop.yml and offers.yml to start from."""
    written = examples.copy(example, folder)
    show(
        as_json, {"written": written}, lambda: f"Wrote {', '.join(written)}. Next: bin/offermill check --shop {folder}"
    )


@app.command()
@plainly
def check(shop: ShopOption = DEFAULT_SHOP, as_json: JsonOption = False) -> None:
    """Check shop.yml, offers.yml, the contracts and the SQL, and say what is wrong, line by line."""
    found = examples.check(shop)
    show(as_json, found, lambda: "\n".join(f"[green]ok[/] {name}: {text}" for name, text in found.items()))


@app.command()
@plainly
def demo(
    folder: Annotated[Path, typer.Argument(help="The shop's folder; made when it is missing.")] = DEFAULT_SHOP,
    customers: Annotated[int, typer.Option(min=100, help="Customers of the synthetic shop.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Same seed, same shop, byte for byte.")] = 1,
    example: Annotated[str, typer.Option(help="demo (synthetic) or completejourney (real groceries).")] = "demo",
    cold: Annotated[
        bool, typer.Option("--cold", help="Without a past pilot: the first night knows no effects.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make an example shop with its source files: a synthetic retailer, or real grocery data."""
    say = (lambda _: None) if as_json else console.progress
    made = examples.make(example, folder, customers=customers, seed=seed, progress=say, is_cold=cold)
    show(as_json, made, lambda: console.made(folder, made))


@app.command()
@plainly
def play(
    date: DateOption,
    shop: ShopOption = DEFAULT_SHOP,
    days: Annotated[int, typer.Option(min=1, help="How many days to play.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Let the demo shop's customers answer the offers published for a date: lands the next days' files."""
    played = examples.play(shop, day_of(date), days)
    show(as_json, played, lambda: console.made(shop, played))


@app.command(name="run")
@plainly
def run_night(
    date: DateOption,
    shop: ShopOption = DEFAULT_SHOP,
    airflow: Annotated[bool, typer.Option("--airflow", help="Run the DAG through Airflow (dags test).")] = False,
    new_version: Annotated[bool, typer.Option(help="Publish a correction beside a publication that differs.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the night of one business date and publish its offers."""
    _perform("nightly", shop, day_of(date), airflow=airflow, new_version=new_version, as_json=as_json)
    summary = console.publication(ShopPaths(shop), day_of(date))
    show(as_json, summary, lambda: console.decided(summary))


@app.command()
@plainly
def train(
    date: DateOption,
    shop: ShopOption = DEFAULT_SHOP,
    airflow: Annotated[bool, typer.Option("--airflow", help="Run the DAG through Airflow (dags test).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train the models with what is known at the end of a business date."""
    _perform("training", shop, day_of(date), airflow=airflow, new_version=False, as_json=as_json)
    cards = console.models(ShopPaths(shop), day_of(date))
    show(as_json, cards, lambda: console.trained(cards))


def _perform(name: str, shop: Path, day: date, *, airflow: bool, new_version: bool, as_json: bool) -> None:
    flow = flows.named(name)
    settings.load(ShopPaths(shop).settings)
    display = console.Display(flow, quiet=as_json)
    with display:
        if airflow:
            from offermill import through_airflow

            through_airflow.run(flow, shop.resolve(), day, new_version=new_version, report=display.step_done)
        else:
            night.perform_flow(flow, shop.resolve(), day, new_version=new_version, report=display.step_done)


@app.command()
@plainly
def table(
    name: Annotated[str, typer.Argument(help="Address of a table, such as features.customer_rfm.")],
    date: DateOption,
    shop: ShopOption = DEFAULT_SHOP,
    rows: Annotated[int, typer.Option(min=0, help="How many rows to show.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Make one table again for a business date (what it reads must be there) and show its first rows."""
    step = _step(name)
    with night.only_run(shop):
        summary = night.perform(step, shop.resolve(), day_of(date))
    shown = console.first_rows(ShopPaths(shop), name, rows)
    show(as_json, {**summary, "first_rows": shown}, lambda: console.rows_table(name, summary, shown))


def _step(address: str) -> Step:
    try:
        return flows.nightly().step(address)
    except ConfigError:
        if any(step.address == address for step in flows.training().steps):
            return flows.training().step(address)
        raise


@app.command()
@plainly
def explain(
    customer: Annotated[str, typer.Argument(help="A customer id.")],
    date: DateOption,
    shop: ShopOption = DEFAULT_SHOP,
    language: Annotated[str, typer.Option(help="en, lv or ru.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Say in plain words what was decided for a customer on a published night, and why."""
    from importlib import import_module

    # Offers know how to explain themselves; the machinery only opens the publication of that night.
    explained = import_module("offers.explain").from_publication(ShopPaths(shop), customer, day_of(date), language)
    show(as_json, explained.as_dict(), lambda: explained.as_text())


@app.command()
@plainly
def withdraw(
    customer: Annotated[str, typer.Argument(help="A customer id.")],
    reason: Annotated[str, typer.Option(help="Why, in one line; it stands in the decision log.")],
    offer: Annotated[
        str | None, typer.Option(help="The offer to take back; every open offer of the customer unless said.")
    ] = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The night that takes it back; the one after the newest night unless said."
        ),
    ] = None,
    shop: ShopOption = DEFAULT_SHOP,
    as_json: JsonOption = False,
) -> None:
    """Take a customer's open offer back with the next night: an erasure, a mistake, a complaint."""
    from importlib import import_module

    writer, night = import_module("offers.withdraw"), day_of(date) if date else None
    written = writer.write(ShopPaths(shop), customer, reason, offer_id=offer, night=night)
    show(as_json, written.as_dict(), lambda: written.as_text())


@app.command()
@plainly
def deliver(
    date: DateOption,
    shop: ShopOption = DEFAULT_SHOP,
    block: Annotated[
        str | None, typer.Option(help="One block of channels in shop.yml; all that have `delivery` unless said.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    settle: Annotated[
        str | None,
        typer.Option(
            help="FILE=arrived or FILE=lost: what you found at the block's server, when it cannot say itself."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Send what is missing of a published night to the targets of its channels; what arrived is not sent again."""
    from importlib import import_module

    report = import_module("offers.delivery.step").deliver(
        shop, day_of(date), block, is_rehearsal=dry_run, settled=settle
    )
    show(as_json, report.as_dict(), lambda: console.sent(report.as_dict()))
    if report.failed and as_json:
        raise typer.Exit(DeliveryError.exit_code)
    if report.failed:
        raise DeliveryError(report.message)


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        app(prog_name="offermill")
    except KeyboardInterrupt:
        Console(stderr=True).print("[bold red]Stopped.[/] Nothing was published; run the same command again to go on.")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
