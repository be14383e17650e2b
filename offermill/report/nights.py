"""Pages that only open another: the site's front page, and the door of one night in the shop's own language."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Template

from offermill.report import assets, words
from offermill.report.environment import TEMPLATES, environment
from offermill.report.numbers import Formats

Link = tuple[str, str, str]  # (address, what it says, its language)


@cache
def _template() -> Template:
    return environment(TEMPLATES, Formats("en", "EUR", 2)).get_template("door.html.j2")


def _page(shop: str, language: str, title: str, lead: str, links: Sequence[Link]) -> str:
    shown = {"shop": shop, "language": language, "title": title, "lead": lead, "links": links}
    return _template().render(shown, style=assets.style())


def page(shop: str, editions: Sequence[str], language: str = "en") -> str:
    """Return site/index.html for the published editions, the newest first."""
    said = words.said(words.in_order(language)[0])
    links = [(f"{edition}/index.html", edition, "") for edition in editions]
    return _page(shop, words.in_order(language)[0], said["nights"], said["nights_lead"], links)


def door(shop: str, edition: str, languages: Sequence[str]) -> str:
    """Return index.html of one edition: it opens the first language, and links to all of them."""
    links = [(f"{language}/index.html", words.name(language), language) for language in languages]
    return _page(shop, languages[0], edition, "", links)
