"""The page Run log: the steps of this night with their rows and gates, and how the nights before went."""

from collections.abc import Mapping
from typing import Any

from dashboards import explore, slices
from dashboards.context import Context
from dashboards.data_words import promise
from dashboards.queries import Answer, Row
from dashboards.suppression import suppress
from offermill import expectations, flows
from offermill.warehouse import Warehouse

# Stages whose tables hold this night and nothing of a later one, so that a page made again is the same.
_OF_THE_NIGHT = ("features", "segments", "offers", "outcomes")


def sizes(warehouse: Warehouse) -> Answer:
    """Return the rows of every table that a step of the night made anew."""
    steps = [step for stage in flows.nightly().stages if stage.name in _OF_THE_NIGHT for step in stage.steps]
    made = [step.address for step in steps if step.call is None and warehouse.exists(step.address)]
    return Answer(
        tuple({"address": one, "row_count": warehouse.count(one), "is_of_people": _is_of_people(one)} for one in made)
    )


def _is_of_people(address: str) -> bool:
    return "customer_id" in expectations.load(address).columns


def _state(ctx: Context, critical: int, warnings: int) -> tuple[str, str]:
    words = ctx.t["quality"]["states"]
    if critical:
        return words["critical"], "bad"
    return (words["warning"], "warn") if warnings else (words["kept"], "good")


def _steps(ctx: Context, data: Mapping[str, Answer]) -> list[list[Any]]:
    """Return the steps of the night in their order, with the rows of the table that each made."""
    f = ctx.formats
    sizes = {row["address"]: row for row in data["sizes"].rows}
    gates = {row["schema_name"]: row for row in data["gates"].rows}
    rows: list[list[Any]] = []
    for stage in flows.nightly().stages:
        for step in stage.steps:
            gate = gates.get(stage.name) if flows.is_gate(step) else None
            size = sizes.get(step.address)
            shown = f.people(_rounded(ctx, size)) if size else ""
            state = _state(ctx, gate["critical_count"], gate["warning_count"]) if gate else ("", "none")
            checks = f.number(gate["check_count"]) if gate else ""
            rows.append([step.address, ctx.word("stages", stage.name), shown, checks, state])
    return rows


def _rounded(ctx: Context, size: Row) -> int | None:
    """Return the rows of a table; of people to a multiple of the smallest count, as tables may differ by a few."""
    count = int(size["row_count"])
    if not size["is_of_people"]:
        return count
    return None if 0 < count < ctx.minimum else ctx.minimum * round(count / ctx.minimum)


def _nights(ctx: Context, answer: Answer) -> list[Row]:
    """Return the nights without small counts of offers; the filters tell sums of all nights, and of months before."""
    rows = [row | {"bin": slices.bin_of(row["business_date"], ctx.run.business_date)} for row in answer.rows]
    shown = suppress(rows, "offer_count", ctx.minimum, within=("bin",))
    return [row | ({"offer_count": None} if explore.is_hidden_night(ctx, row["bin"]) else {}) for row in shown]


def _look(ctx: Context) -> list[list[str]]:
    """Return where an operator looks for what these pages cannot hold."""
    day = ctx.run.business_date.isoformat()
    places = {
        "failed": f"bin/offermill run --date {day}",
        "durations": f"bin/offermill run --date {day}",
        "sent": f"/deliveries/{ctx.edition} · /api/deliveries · bin/offermill deliver --date {day} --dry-run",
        "promises": "meta.check_result",
        "again": f"bin/offermill table core.purchase --date {day}",
    }
    return [[*ctx.t["runlog"]["look"][name], place] for name, place in places.items()]


def _night(ctx: Context, row: Row) -> list[Any]:
    f = ctx.formats
    counts = (f.number(row[name]) for name in ("check_count", "critical_count", "warning_count"))
    offers = f.people(row["offer_count"])
    state = _state(ctx, row["critical_count"], row["warning_count"])
    return [f.day(row["business_date"]), row["run_id"], offers, *counts, state]


def _warning(ctx: Context, row: Row) -> list[Any]:
    state = _state(ctx, row["severity"] == "critical", 1)
    return [ctx.formats.day(row["business_date"]), row["address"], promise(ctx, row), state]


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    t = ctx.t["runlog"]
    tables = {
        "nights": [_night(ctx, row) for row in _nights(ctx, data["nights"])],
        "warnings": [_warning(ctx, row) for row in data["warnings"].rows],
        "steps": _steps(ctx, data) if data["gates"].rows else [],
        "look": _look(ctx),
    }
    reasons = {"steps": "gates", "look": "nights"}
    return {
        name: {
            "columns": ctx.columns("runlog", name),
            "rows": rows,
            "nothing": ctx.why_nothing(data[reasons.get(name, name)], t["empty"].get(name, "")),
        }
        for name, rows in tables.items()
    }
