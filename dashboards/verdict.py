"""May tonight's lists be used? Every reason against it is named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import escape

from dashboards.context import Context
from dashboards.data_words import promise
from dashboards.queries import Answer, Row
from offermill.report.text import inert
from offermill.run import Run

USE, CARE, STOP = "use", "care", "stop"
TONES = {USE: "good", CARE: "warn", STOP: "bad"}
_NAMED = 3  # broken promises named on the first page; the rest are counted
_SOURCE_TONES = {"fresh": "good", "late": "bad", "never": "warn", "old": "warn", "history": ""}


@dataclass(frozen=True)
class SourceState:
    """How fresh one source is: fresh, late (required, not tonight), old (not tonight), history (one load), never."""

    source: str
    state: str
    delivered_on: date | None
    tonight_count: int
    reject_count: int
    accepted_count: int

    @property
    def tone(self) -> str:
        return _SOURCE_TONES[self.state]


def _state(run: Run, name: str, delivered_on: date | None, has_history: bool) -> str:
    settings = run.settings.sources.get(name)
    if settings is None or settings.files is None:
        return "history" if has_history else "never"
    if delivered_on == run.business_date:
        return "fresh"
    if settings.required:
        return "late" if delivered_on or has_history else "never"
    return "old" if delivered_on else "history" if has_history else "never"


def states(run: Run, rows: Sequence[Row]) -> list[SourceState]:
    """Return the state of every source that delivered or that shop.yml declares, by name."""
    found = {str(row["source"]): row for row in rows}
    names = sorted({*found, *run.settings.sources})
    return [_source_state(run, name, found.get(name)) for name in names]


def _source_state(run: Run, name: str, row: Row | None) -> SourceState:
    day = row["delivered_on"] if row else None
    counts = [int(row[key] or 0) if row else 0 for key in ("tonight_count", "reject_count", "accepted_count")]
    return SourceState(name, _state(run, name, day, row is not None), day, *counts)


Finding = tuple[str, str]  # (verdict it forces, the sentence)


def _of_sources(ctx: Context, sources: Answer) -> Iterator[Finding]:
    because = ctx.t["tonight"]["because"]
    for state in states(ctx.run, sources.rows):
        settings = ctx.run.settings.sources.get(state.source)
        if state.state == "late":
            day = ctx.formats.day(state.delivered_on)
            yield CARE, because["late"].format(source=state.source, day=day)
        if state.state == "never" and settings and settings.required:
            yield STOP, because["never"].format(source=state.source)


def _of_checks(ctx: Context, checks: Answer, broken: Answer) -> Iterator[Finding]:
    because = ctx.t["tonight"]["because"]
    if not checks.rows:
        yield CARE, because["no_checks"]
    for row in broken.rows[:_NAMED]:
        is_critical = row["severity"] == "critical"
        words = because["critical" if is_critical else "warning"]
        yield STOP if is_critical else CARE, _broken(ctx, words, row)
    if len(broken.rows) > _NAMED:
        # Sorted by severity: when a critical one is among the rest, one was named before.
        yield CARE, ctx.counted(because["more"], len(broken.rows) - _NAMED)


def _broken(ctx: Context, words: str, row: Row) -> str:
    return escape(words).format(address=inert(row["address"]), description=escape(promise(ctx, row)))


def _of_decisions(ctx: Context, data: Mapping[str, Answer]) -> Iterator[Finding]:
    because, groups = ctx.t["tonight"]["because"], data["groups"]
    if groups.missing:
        yield STOP, because["no_decision"].format(tables=", ".join(groups.missing))
    elif not sum(row["offer_count"] for row in groups.rows):
        first = data["reasons"].first
        reason = ctx.say("tonight", "reasons", first["reason"]) if first else ctx.t["tonight"]["empty"]["decided"]
        yield CARE, because["no_offers"].format(reason=reason)
    limit = data["limits"].first
    if limit and limit["left"] < 0:
        yield STOP, because["budget"].format(money=ctx.formats.money(-limit["left"]))


def of(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the verdict with its tone and every reason."""
    findings = [
        *_of_decisions(ctx, data),
        *_of_checks(ctx, data["checks"], data["broken"]),
        *_of_sources(ctx, data["sources"]),
    ]
    forced = {verdict for verdict, _ in findings}
    verdict = STOP if STOP in forced else CARE if CARE in forced else USE
    checks = sum(row["kept_count"] for row in data["checks"].rows)
    fine = ctx.counted(ctx.t["tonight"]["because"]["fine"], checks)
    reasons = [sentence for _, sentence in findings] or [fine]
    return {"tone": TONES[verdict], "title": ctx.t["tonight"]["verdicts"][verdict], "reasons": reasons}
