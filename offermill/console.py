"""What the command line shows: progress, the night in a few lines, tables."""

import json
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from offermill import money, publish
from offermill.errors import PublishError
from offermill.flows import Flow, Step
from offermill.paths import ShopPaths
from offermill.warehouse import Warehouse, quoted

out = Console(highlight=False, soft_wrap=True)


def progress(text: str) -> None:
    """Print a line about long work."""
    out.print(f"[dim]·[/] {escape(text)}")


class Display:
    """Progress of a flow: a bar on a terminal, one line per stage elsewhere."""

    def __init__(self, flow: Flow, *, quiet: bool) -> None:
        self._flow = flow
        self._quiet = quiet
        self._seconds: dict[str, float] = {}
        self._stage_of = {step.address: stage for stage in flow.stages for step in stage.steps}
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=out,
            transient=True,
            disable=quiet or not out.is_terminal,
        )
        self._task = self._bar.add_task(flow.name, total=len(flow.steps))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step_done(self, step: Step, summary: dict[str, object], seconds: float) -> None:
        """Note that a step ended; print its stage when it was the stage's last."""
        stage = self._stage_of[step.address]
        self._seconds[stage.name] = self._seconds.get(stage.name, 0) + seconds
        self._bar.update(self._task, advance=1, description=f"{step.address}")
        if step is stage.steps[-1] and not self._quiet:
            out.print(f"  [green]✓[/] {stage.name:<10} {len(stage.steps):>3} steps {self._seconds[stage.name]:>7.1f} s")


def made(folder: Path, result: dict[str, object]) -> str:
    """Return the line that ends `offermill demo`."""
    facts = ", ".join(
        f"{key} {value:,}" if isinstance(value, int) else f"{key} {value}" for key, value in result.items()
    )
    return f"Shop in {folder}: {facts}"


def publication(shop: ShopPaths, day: date) -> dict[str, Any]:
    """Return the manifest of a published night, of its newest version.

    Raises:
        PublishError: nothing was published for that date.
    """
    newest = max(publish.newest_version(shop.exports, day), 1)
    manifest = shop.exports / publish.edition_name(day, newest) / "datapackage.json"
    if not manifest.is_file():
        raise PublishError(f"{day}: nothing is published for this date in {shop.exports}; run the night first.")
    found: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    return {**found, "folder": str(manifest.parent), "site": str(shop.site / "index.html")}


def decided(manifest: dict[str, Any]) -> str:
    """Return what was decided, what it cost of which budget, and where site and lists lie."""
    facts = manifest["offermill"]
    lines = [
        f"[bold]{escape(facts['shop_name'])}, night of {facts['business_date']}[/]",
        f"  decided  {_groups(facts['groups'])}",
        *[f"  cost     {_cost(budget, facts)}" for budget in facts["budgets"]],
        f"  checks   {facts['checks']['made']} made, {facts['checks']['broken']} broken (none of them critical)",
        f"  lists    {manifest['folder']}",
        f"  site     {manifest['site']}",
    ]
    return "\n".join(lines)


def _groups(groups: dict[str, dict[str, int]]) -> str:
    offers = {name: group["offers"] for name, group in groups.items() if group["offers"]}
    nothing = {name: group["people"] - group["offers"] for name, group in groups.items()}
    return (
        f"{sum(offers.values()):,} offers ({_listed(offers)}); "
        f"no offer for {sum(nothing.values()):,} people ({_listed(nothing)})"
    )


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count) or "none"


def _cost(budget: dict[str, Any], facts: dict[str, Any]) -> str:
    """Return what a limit allows and what the night uses of it; the first is the whole budget."""

    def amount(minor: int) -> str:
        return f"{money.to_text(minor, facts['currency_digits'])} {facts['currency']}"

    name = "" if budget["limit_name"] == "budget" else f"{escape(budget['limit_name'])}: "
    if budget["counted"] != "money":
        return (
            f"{name}{budget['given_count']:,} of {budget['cap_count']:,} {budget['counted']} for the "
            f"{budget['period']} ({budget['used_before_count']:,} used before)"
        )
    return (
        f"{name}expected {amount(budget['expected_minor'])}, at worst {amount(budget['worst_minor'])} "
        f"of {amount(budget['cap_minor'])} for the {budget['period']} "
        f"({amount(budget['used_before_minor'])} used before)"
    )


def models(shop: ShopPaths, day: date) -> dict[str, Any]:
    """Return the cards of the models trained on a date, by name."""
    cards = sorted(shop.models.glob(f"*/{day.isoformat()}/card.json"))
    return {path.parent.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in cards}


def trained(cards: dict[str, Any]) -> Table:
    """Return a table of the trained models and their verdicts."""
    shown = Table("model", "verdict", "why")
    for name, card in cards.items():
        verdict = card["verdict"]
        shown.add_row(name, verdict["status"], escape(verdict["message"]))
    return shown


def sent(report: dict[str, Any]) -> Table | str:
    """Return a table of what `offermill deliver` did."""
    if not report["files"]:
        return f"{report['edition']}: no block of channels has `delivery`; nothing to send."
    shown = Table(
        "block", "file", "rows", "result", "attempts", "target", "why", title=f"Delivery of {report['edition']}"
    )
    for file in report["files"]:
        withheld = "".join(f", {count:,} kept back: {rules}" for rules, count in file["withheld"].items())
        cells = (file["block"], file["file"] or "(all)", f"{file['rows']:,}{withheld}", file["result"])
        shown.add_row(*map(escape, (*cells, str(file["attempts"] or ""), file["place"], file["why"])))
    if report["overdue"]:
        shown.caption = escape("Never delivered of earlier nights: " + "; ".join(report["overdue"]))
    return shown


def first_rows(shop: ShopPaths, name: str, count: int) -> list[dict[str, Any]]:
    """Return the first rows of a table in its stored order."""
    with Warehouse.open(shop.warehouse, read_only=True) as warehouse:
        if not warehouse.exists(name):
            return []
        rows: list[dict[str, Any]] = warehouse.arrow(f"select * from {quoted(name)} limit {int(count)}").to_pylist()
        return rows


def rows_table(name: str, summary: dict[str, object], shown: list[dict[str, Any]]) -> Table:
    """Return rows as a table to print, one line per column: tables here are wider than terminals."""
    said = ", ".join(f"{key} {value}" for key, value in summary.items() if value)
    result = Table("column", *[f"row {number}" for number in range(1, len(shown) + 1)], title=f"{name}: {said}")
    for column in shown[0] if shown else ():
        result.add_row(column, *["" if row[column] is None else escape(str(row[column])) for row in shown])
    return result
