"""What the night's data says on pages, in the reader's language: found by codes and parameters, never by the English.

Words lie in dashboards/data_texts. What has none, such as a check that only this shop has, stays English and marked so.
"""

import re
from collections.abc import Mapping
from functools import cache
from math import floor, log10
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

from dashboards import model_words
from dashboards.context import Context
from dashboards.queries import Row
from models import cards
from models.evidence import ROWS_PER_ARM
from offermill import expectations, paths, wording
from offermill.expectations import Check
from offermill.report.text import inert

FOLDER = Path(__file__).parent / "data_texts"

Cell = str | Markup
# Model and status of its verdict -> words, where the card has no figures.
_WITHOUT_FIGURES = {("uplift", cards.NONE): "no_evidence", ("uplift", cards.REFUSED): "unjudged"}
# The window at the end of a feature's name.
_WINDOW = re.compile(r"_(\d+)_days$")
# What a short name leaves out of a meaning: brackets, when it is empty, and how it is counted.
_DETAIL = re.compile(
    r"\s*\([^)]*\)|;.*|, (?:0|the|rounded|ever|shrunk|at most|each|weighted|as a|ieskaitot|noapaļ|tuvin|ne vairāk"
    r"|считая|включая|округл|приближ|сближ|не больше|не более|как положит|0 =).*"
)


@cache
def texts(language: str) -> Any:
    """Return every word about data in a language, by kind and code; checks say themselves in English."""
    return yaml.safe_load((FOLDER / f"{language}.yml").read_text(encoding="utf-8"))


@cache
def _said(language: str) -> wording.Said:
    found = texts(language)["checks"]
    return wording.Said(found["said"], **found["words"])


def promise(ctx: Context, row: Row) -> Cell:
    """Return what a check promises; the row holds `address`, `check_index` and the English `description`."""
    english = str(row["description"] or "")
    if ctx.language == "en":
        return inert(english)
    check = _check(row["address"], row["check_index"])
    # A night of an earlier release may have checked something else at this place.
    if check is None or check.description != english:
        return ctx.english(english)
    return described(check, ctx.language) or ctx.english(english)


def reject(ctx: Context, row: Row) -> Cell:
    """Return why records were not taken; the row holds `reason_code` and `reason_detail`, or else `reason`."""
    return _filled(ctx, texts(ctx.language)["rejects"].get(row["reason_code"]), row["reason_detail"], row["reason"])


def note(ctx: Context, row: Row) -> tuple[Cell, Cell]:
    """Return a remark on files as title and sentence; the row holds `kind`, `detail` and the English `description`."""
    title, sentence = texts(ctx.language)["notes"].get(row["kind"], (None, None))
    return (
        _filled(ctx, title, None, str(row["kind"]).replace("_", " ")),
        _filled(ctx, sentence, row["detail"], row["description"]),
    )


def feature_meaning(ctx: Context, feature: str) -> Cell:
    """Return what a feature means and in which unit, from the promises about features.customer."""
    column = expectations.load("features.customer").columns.get(feature)
    if column is None or not column.meaning:
        return ""
    english = f"{column.meaning} ({column.unit})" if column.unit else column.meaning
    if ctx.language == "en":
        return inert(english)
    window = _WINDOW.search(feature)
    said = texts(ctx.language)["features"].get(_WINDOW.sub("_N_days", feature))
    if said is None:
        return ctx.english(english)
    unit = f" ({texts(ctx.language)['units'][column.unit]})" if column.unit else ""
    return inert(said.format(days=window[1] if window else "") + unit)


def feature_name(ctx: Context, feature: str) -> str:
    """Return what a chart calls a feature: its meaning up to what goes into detail; without a meaning its column."""
    column = expectations.load("features.customer").columns.get(feature)
    if column is None or not column.meaning:
        return feature
    english, window = column.meaning, _WINDOW.search(feature)
    said = english if ctx.language == "en" else texts(ctx.language)["features"].get(_WINDOW.sub("_N_days", feature))
    if said is None:
        return feature
    title = said.format(days=window[1] if window else "").partition(":")[0]
    return inert(_DETAIL.sub("", title).rstrip("."))


def verdict(ctx: Context, name: str, card: Mapping[str, Any]) -> Cell:
    """Return why a model is used or not, from the figures of its card; what they do not tell is English."""
    english = str(card.get("verdict", {}).get("message", ""))
    if ctx.language == "en":
        return inert(english)
    compared, said = card.get("comparison"), texts(ctx.language)["verdicts"]
    if compared:
        return _against_rule(ctx, said, said["measures"][name], compared)
    if "judged" in card:
        return _judged(ctx, said, card)
    form = _WITHOUT_FIGURES.get((name, str(card.get("verdict", {}).get("status"))))
    if not form:
        return ctx.english(english)
    told = model_words.evidence(ctx, texts(ctx.language)["models"], english)
    return f"{said[form].format(least=ctx.formats.number(ROWS_PER_ARM))} {told}".strip()


def passed_over(ctx: Context, english: str) -> Cell:
    """Return why a stored model was not loaded."""
    return model_words.passed_over(ctx, texts(ctx.language)["models"] if ctx.language != "en" else {}, english)


def _against_rule(ctx: Context, said: Mapping[str, str], measure: str, compared: Mapping[str, float]) -> str:
    gain, low, high = (compared[key] for key in ("gain", "low", "high"))
    form = "better" if low > 0 else "not_shown" if gain > 0 else "worse"
    shown = {key: _short(ctx, value) for key, value in (("gain", abs(gain)), ("low", low), ("high", high))}
    return said[form].format(measure=measure, **shown)


def _short(ctx: Context, figure: float) -> str:
    """Return a figure with about four digits that count, as the card says it."""
    return ctx.formats.number(figure, max(0, 3 - floor(log10(abs(figure)))) if figure else 0)


def _judged(ctx: Context, said: Mapping[str, Any], card: Mapping[str, Any]) -> str:
    f, tight = ctx.formats, card["judged"]["budgets"][-1]
    leads = {lead["against"]: lead for lead in tight["leads"]}
    learned = said["learned"].format(rows=f.number(card["data"]["row_count"]), offers=f.number(len(card["arms"])))
    must = next((name for name in ("old_model", "nothing") if name in leads), None)
    if card["verdict"]["status"] != "accepted" or must is None or leads[must]["low"] is None:
        return f"{learned} {said['refused']}"
    ends = {end: f.money(round(leads[must][end])) for end in ("estimate", "low", "high")}
    earns = said["earns"].format(against=said["against"][must], level=f.share(leads[must]["level"], 0), **ends)
    return f"{learned} {earns}"


def _filled(ctx: Context, said: str | None, detail: str | None, english: str | None) -> Cell:
    # What an earlier release wrote down has no code, or no detail.
    if said is not None and ("{detail}" not in said or detail is not None):
        return inert(said.format(detail=detail))
    return inert(english or "") if ctx.language == "en" else ctx.english(english or "")


def _check(address: str, index: int) -> Check | None:
    schema, _, table = address.partition(".")
    if not (paths.EXPECTATIONS / schema / f"{table}.yml").is_file():
        return None
    checks = expectations.load(address).checks
    return checks[index] if index < len(checks) else None


def described(check: Check, language: str) -> str | None:
    """Return a check in a language other than English; None where somebody's own words have no translation."""
    usual = wording.describe(check.type, check.kwargs)
    if check.description == usual:
        return wording.describe(check.type, check.kwargs, _said(language))
    found: str | None = texts(language)["checks"]["own"].get(check.description)
    return found
