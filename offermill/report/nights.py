"""The site's front page: it opens the newest night and lists the older ones."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Template

from offermill.report import assets
from offermill.report.environment import TEMPLATES, environment
from offermill.report.numbers import Formats


@cache
def _template() -> Template:
    return environment(TEMPLATES, Formats("en", "EUR", 2)).get_template("nights.html.j2")


def page(shop: str, editions: Sequence[str]) -> str:
    """Return site/index.html for the published editions, the newest first."""
    return _template().render(shop=shop, editions=editions, style=assets.style(), policy=assets.policy())
