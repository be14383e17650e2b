"""What every page knows: the run, the staged publication, how to write numbers, and the words of its language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dashboards.queries import Answer
from offermill import publish
from offermill.report.numbers import Formats
from offermill.run import Run

TEXTS = Path(__file__).parent / "texts"
LANGUAGE = "en"

Texts = Mapping[str, Any]
Columns = Sequence[Mapping[str, str]]


@cache
def texts(language: str = LANGUAGE) -> Texts:
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
    """

    run: Run
    package: Mapping[str, Any]
    formats: Formats
    t: Texts
    cards: Mapping[str, Mapping[str, Any]]
    problems: tuple[str, ...] = ()

    @property
    def minimum(self) -> int:
        return self.run.settings.publish.minimum_cell

    @property
    def edition(self) -> str:
        return str(self.package["offermill"]["edition"])

    @property
    def version(self) -> int:
        return publish.version_of(self.edition)

    def say(self, page: str, kind: str, key: str) -> str:
        """Return the words for a code such as a group or a rule; a code without words is shown as it is."""
        return str(self.t[page][kind].get(key, key))

    def columns(self, page: str, table: str) -> Columns:
        """Return a table's columns; the texts write `title|kind`, kind being text, n (number), code, long or badge."""
        parts = (str(text).partition("|") for text in self.t[page]["columns"][table])
        return [{"title": title, "kind": kind or "text"} for title, _, kind in parts]

    def why_nothing(self, answer: Answer, otherwise: str) -> str:
        """Return why there is nothing to show: a table is missing, or there are simply no rows."""
        if answer.missing:
            return str(self.t["layout"]["missing"]).replace("{tables}", ", ".join(answer.missing))
        return otherwise
