"""The step publish.site: every page of the night, staged beside the lists it describes."""

from pathlib import Path
from typing import Any

from jinja2 import Environment

from dashboards import modelcards, queries
from dashboards.context import LANGUAGE, Context, texts
from dashboards.pages import PAGES, Page
from models import registry
from offermill import datapackage, durable, publish
from offermill.report import assets
from offermill.report.environment import environment
from offermill.report.numbers import Formats
from offermill.run import Run
from offermill.warehouse import Warehouse

TEMPLATES = Path(__file__).parent / "templates"


class Charts:
    """Counts the charts of one page: a page without any needs no chart script."""

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


def context(run: Run, package: dict[str, Any]) -> Context:
    """Return what all pages of the night share."""
    shop = run.settings.shop
    formats = Formats(LANGUAGE, shop.currency, shop.currency_digits, run.settings.publish.minimum_cell)
    cards, problems = _cards(run)
    return Context(run, package, formats, texts(), cards, problems)


def _frame(ctx: Context) -> dict[str, Any]:
    """Return what the layout shows on every page."""
    facts = ctx.package["offermill"]
    return {
        "language": LANGUAGE,
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
        "style": assets.style(),
        "script": assets.script(),
        "policy": assets.policy(),
        "vega": assets.vega()[0],
    }


def render(jinja: Environment, ctx: Context, page: Page, data: dict[str, queries.Answer]) -> str:
    """Return one page as HTML."""
    shown = _frame(ctx) | {"name": page.name, "title": ctx.t[page.name]["title"], "charts": Charts()}
    return jinja.get_template(f"{page.name}.html.j2").render(shown | page.build(ctx, data))


def build(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Stage all pages and the chart script."""
    folder, package = publish.staging(run, "site"), datapackage.read(publish.folder(run) / "exports")
    ctx = context(run, package)
    jinja = environment(TEMPLATES, ctx.formats)
    for page in PAGES:
        html = render(jinja, ctx, page, queries.answers(warehouse, run, page.name))
        durable.write(folder / page.file, html.encode())
    name, script = assets.vega()
    durable.write(publish.staging(run, "assets") / name, script)
    return {"pages": len(PAGES), "bytes": sum(path.stat().st_size for path in folder.iterdir())}
