"""The step publish.site: every page of the night, staged beside the lists it describes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment

from dashboards import decided, modelcards, queries, runlog, slices
from dashboards.context import Context, texts
from dashboards.pages import PAGES, Page
from models import registry
from offermill import datapackage, durable, publish
from offermill.report import assets, nights, words
from offermill.report.environment import environment
from offermill.report.numbers import Formats
from offermill.run import Run
from offermill.warehouse import Warehouse

TEMPLATES = Path(__file__).parent / "templates"


class Charts:
    """Counts the charts of one page: a page without any needs no script for them."""

    def __init__(self) -> None:
        self.drawn = 0

    def add(self, name: str) -> str:
        self.drawn += 1
        return ""


def _cards(run: Run) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    found = {name: registry.newest(run.shop.models, name, run.business_date) for name in modelcards.NAMES}
    cards = {
        name: {
            "card": item.model.card,
            "model_id": item.model.model_id,
            "trained_on": item.model.trained_on.isoformat(),
        }
        for name, item in found.items()
        if item.model is not None
    }
    return cards, tuple(problem for item in found.values() for problem in item.problems)


def contexts(run: Run, package: dict[str, Any], **known: Any) -> list[Context]:
    """Return what all pages of the night share in every language, the shop's own first; `known` is from `cells`."""
    shop = run.settings.shop
    cards, problems = _cards(run)
    minimum = run.settings.publish.minimum_cell
    return [
        Context(
            run,
            package,
            Formats(language, shop.currency, shop.currency_digits, minimum),
            texts(language),
            cards,
            problems,
            **known,
        )
        for language in words.in_order(shop.default_language)
    ]


def context(run: Run, package: dict[str, Any], language: str = "en") -> Context:
    """Return what all pages of the night share in one language."""
    return next(ctx for ctx in contexts(run, package) if ctx.language == language)


def _frame(ctx: Context) -> dict[str, Any]:
    """Return what the layout shows on every page."""
    facts = ctx.package["offermill"]
    return {
        "language": ctx.language,
        "languages": [{"language": one, "name": words.name(one)} for one in ctx.languages],
        "marks": ctx.formats.marks,
        "shop": ctx.run.settings.shop.name,
        "edition": ctx.edition,
        "version": ctx.version,
        "business_date": ctx.run.business_date,
        "minimum_cell": ctx.minimum,
        "run_id": facts["run_id"],
        "config_hash": facts["config_hash"],
        "input_hash": facts["input_hash"],
        "pages": [{"name": page.name, "file": page.file, "title": ctx.t[page.name]["title"]} for page in PAGES],
        "t": ctx.t,
        "filters": None,
        "style": assets.style(),
        "script": assets.script(),
        "policy": assets.policy(),
        "vega": assets.vega()[0],
        "cells": slices.FILE,
    }


def render(jinja: Environment, ctx: Context, page: Page, data: dict[str, queries.Answer]) -> str:
    """Return one page as HTML."""
    shown = _frame(ctx) | {"name": page.name, "file": page.file, "title": ctx.t[page.name]["title"], "charts": Charts()}
    return jinja.get_template(f"{page.name}.html.j2").render(shown | page.build(ctx, data))


def _write(folder: Path, ctx: Context, data: Mapping[str, dict[str, queries.Answer]]) -> None:
    """Write every page in one language."""
    folder.mkdir()
    jinja = environment(TEMPLATES, ctx.formats)
    for page in PAGES:
        durable.write(folder / page.file, render(jinja, ctx, page, data[page.name]).encode())


def cells(warehouse: Warehouse, run: Run) -> dict[str, Any]:
    """Return what pages share of the warehouse: what readers filter, names of stores, how sure estimates are."""
    asked = {name: queries.ask(warehouse, run, sql) for name, sql in queries.queries("slices").items()}
    given, sent, choice = asked["given"], asked["sent"], asked["choice"].first
    found = slices.Slices(missing=given.missing)
    if not given.missing:
        found = slices.of([*given.rows, *sent.rows], run.settings.publish.minimum_cell, run.business_date)
    return {
        "slices": found,
        "stores": {row["store_id"]: row["store_name"] for row in asked["stores"].rows},
        "hidden": decided.hidden(asked["decided"].rows, run.settings.publish.minimum_cell),
        "spread": asked["spread"].rows,
        "choice_share": choice["given_count"] / choice["customer_count"]
        if choice and choice["customer_count"]
        else None,
    }


def build(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Stage all pages in every language, the door of the night and the chart script."""
    folder, package = publish.staging(run, "site"), datapackage.read(publish.folder(run) / "exports")
    data = {page.name: queries.answers(warehouse, run, page.name) for page in PAGES}
    data["runlog"]["sizes"] = runlog.sizes(warehouse)
    found = contexts(run, package, **cells(warehouse, run))
    for ctx in found:
        _write(folder / ctx.language, ctx, data)
    door = nights.door(run.settings.shop.name, found[0].edition, found[0].languages)
    durable.write(folder / "index.html", door.encode())
    if found[0].slices.bins:
        durable.write(folder / slices.FILE, slices.script(found[0].slices).encode())
    name, script = assets.vega()
    durable.write(publish.staging(run, "assets") / name, script)
    return {"pages": len(PAGES) * len(found), "bytes": sum(path.stat().st_size for path in durable.files(folder))}
