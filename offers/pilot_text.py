"""The report of a pilot as people read it: the state in a few lines, a table of the arms, a sentence for each."""

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from offers.pilot import CONTROL
from offers.pilot_report import ArmFound, Report

_COLOURS = {"go": "green", "stop": "red", "extend": "yellow", "wait": "dim"}


def of(report: Report) -> Group:
    """Return what is printed."""
    return Group(*[Text.from_markup(line) for line in _head(report)], _table(report), *_why(report))


def _head(report: Report) -> list[str]:
    plan = report.plan
    drawn = sum(arm.drawn for arm in report.arms)
    complete = sum(arm.complete for arm in report.arms)
    lines = [
        f"[bold]Pilot {escape(plan.id)}, as known on {report.business_date}[/]",
        f"  plan     SHA-256 {report.sha256[:12]}, read by the night of {report.first_night}",
        f"  people   {drawn:,} of {plan.people:,} drawn, {complete:,} with a complete horizon at the look",
        f"  look     {_look(report)}",
        f"  cost     {_money(report, report.spent_minor)} given, {_money(report, report.open_minor)} still open, "
        f"plan {plan.money.expected}, at most {plan.money.at_most} {report.currency}",
        f"  draw     sample ratio p = {report.sample_ratio:.3f} (stops below {plan.stop.sample_ratio_alpha:g})",
    ]
    return [*lines, f"  [bold red]changed[/]  {escape(report.note)}"] if report.note else lines


def _look(report: Report) -> str:
    plan = report.plan
    if report.look is None or report.limit is None:
        return f"none yet; the first is on {plan.test.looks_on[0]}"
    number = plan.test.looks_on.index(report.look) + 1
    adjusted = f", adjusted by earlier margin (explains {report.explained:.0%})" if plan.test.adjusted_by_days else ""
    return (
        f"{number} of {len(plan.test.looks_on)} on {report.look}: intervals of +- {report.limit:.2f} standard errors, "
        f"{1 - plan.test.alpha:.0%} over all arms and looks{adjusted}"
    )


def _table(report: Report) -> Table:
    """Return one column per arm: arms are few, figures many, and terminals narrow."""
    unit = "buyers" if report.plan.test.metric == "conversion" else f"{report.currency} per person"
    names = ("drawn", "complete", "its controls", "bought", unit, "difference", "interval", "used", "given",
             "opt-outs", "complaints", "second offers", "verdict")  # fmt: skip
    shown = Table("", *[escape(arm.arm) for arm in report.arms])
    for name, *figures in zip(names, *[_figures(report, arm) for arm in report.arms], strict=True):
        shown.add_row(name, *figures)
    return shown


def _figures(report: Report, arm: ArmFound) -> list[str]:
    gap, word = arm.difference, arm.verdict.word
    return [
        f"{arm.drawn:,} of {arm.planned:,}",
        f"{arm.complete:,}",
        f"{gap.controls:,}" if gap else "",
        f"{arm.buyers / arm.complete:.1%}" if arm.complete else "",
        _value(report, arm.mean),
        _value(report, gap.estimate, "+") if gap else "",
        f"{_value(report, gap.lower, '+')} to {_value(report, gap.upper, '+')}" if gap else "",
        f"{arm.redeemed:,}",
        _money(report, arm.given_minor),
        f"{arm.opted_out:,}",
        "not known" if arm.complained is None else f"{arm.complained:,}",
        f"{arm.contaminated:,}",
        f"[{_COLOURS[word]}]{word}[/]" if word else "",
    ]


def _value(report: Report, value: float | None, sign: str = "") -> str:
    if value is None:
        return ""
    if report.plan.test.metric == "conversion":
        return f"{value:{sign}.1%}"
    return f"{value / 10**report.digits:{sign},.{report.digits}f}"


def _money(report: Report, minor: int) -> str:
    return f"{minor / 10**report.digits:,.{report.digits}f}"


def _why(report: Report) -> list[Text]:
    offers = [arm for arm in report.arms if arm.arm != CONTROL]
    return [Text(f"{arm.arm}: {arm.verdict.word}{_on(arm)}. {arm.verdict.why}") for arm in offers]


def _on(arm: ArmFound) -> str:
    return f", decided on {arm.verdict.on}" if arm.verdict.on else ""
