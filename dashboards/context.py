"""What every page knows: the run, the staged publication, how to write numbers, and the words of its language."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

from dashboards.queries import Answer, Row
from dashboards.slices import Slices
from dashboards.tied import Name
from offermill import publish
from offermill.report import words
from offermill.report.numbers import Formats
from offermill.report.text import inert
from offermill.run import Run

TEXTS = Path(__file__).parent / "texts"

Texts = Mapping[str, Any]
Columns = Sequence[Mapping[str, str]]


@cache
def texts(language: str = "en") -> Texts:
    """Return every word that the pages say, by page and name."""
    loaded: Texts = yaml.safe_load((TEXTS / f"{language}.yml").read_text(encoding="utf-8"))
    return loaded


@dataclass(frozen=True)
class Context:
    """One night's pages.

    Attributes:
        package: datapackage.json of the staged lists.
        cards: model name -> (card, model id, trained on), for models that are stored.
        problems: why stored models were passed over.
        slices: what was given and what became of it, cut by the dimensions that readers filter by.
        stores: store id -> what people call it.
        hidden: counts of tonight's decision that no page tells (`dashboards.decided`).
        spread: how uncertain the expected cost is, by night, offer and way of choosing (slices.sql).
        choice_share: share with an offer of those who are chosen by value tonight; None where nobody is.
    """

    run: Run
    package: Mapping[str, Any]
    formats: Formats
    t: Texts
    cards: Mapping[str, Mapping[str, Any]]
    problems: tuple[str, ...] = ()
    slices: Slices = field(default_factory=Slices)
    stores: Mapping[str, str] = field(default_factory=dict)
    hidden: Set[Name] = frozenset()
    spread: Sequence[Row] = ()
    choice_share: float | None = None

    @property
    def minimum(self) -> int:
        return self.run.settings.publish.minimum_cell

    @property
    def edition(self) -> str:
        return str(self.package["offermill"]["edition"])

    @property
    def version(self) -> int:
        return publish.version_of(self.edition)

    @property
    def language(self) -> str:
        return self.formats.language

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages of the pages, the shop's own first."""
        return words.in_order(self.run.settings.shop.default_language)

    def counted(self, forms: Mapping[str, str], count: int, **values: str) -> str:
        """Return the form of a text that goes with `count`, with the number and the other values put in."""
        return self.formats.plural(forms, count).format(count=self.formats.number(count), **values)

    def word(self, kind: str, key: str) -> str:
        """Return the word for a code such as a channel or a period; a code without words is shown as it is."""
        return str(self.t["words"][kind].get(key, key))

    def segment(self, family: str, segment: str) -> str:
        """Return what people call a segment; one that only this shop has is shown as it is."""
        named = self.t["words"]["segments"]
        return str(named.get(family, {}).get(segment) or named["any"].get(segment, segment))

    def span(self, low: str, high: str) -> str:
        """Return an interval in words."""
        return str(self.t["layout"]["to"]).format(low=low, high=high)

    def english(self, text: str) -> Markup:
        """Return a sentence that exists in English only, marked as such for whoever reads aloud."""
        return Markup('<span lang="en">{}</span>').format(inert(text))

    def say(self, page: str, kind: str, key: str) -> str:
        """Return the words for a code such as a group or a rule; a code without words is shown as it is."""
        return str(self.t[page][kind].get(key, key))

    def columns(self, page: str, table: str) -> Columns:
        """Return a table's columns; the texts write `title|kind`: text, n (number), code, long, badge, en."""
        return self.columns_of(self.t[page]["columns"][table])

    def columns_of(self, texts: Sequence[str]) -> Columns:
        """Return columns from their texts."""
        parts = (str(text).partition("|") for text in texts)
        return [{"title": title, "kind": kind or "text"} for title, _, kind in parts]

    def why_nothing(self, answer: Answer, otherwise: str) -> str:
        """Return why there is nothing to show: a table is missing, or there are simply no rows."""
        if answer.missing:
            return str(self.t["layout"]["missing"]).replace("{tables}", ", ".join(answer.missing))
        return otherwise
