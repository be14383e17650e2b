"""The pages in the order of the menu, and what each is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import (
    budget,
    channels,
    downloads,
    experiments,
    goals,
    modelcards,
    offers,
    quality,
    runlog,
    segments,
    tonight,
)
from dashboards.context import Context
from dashboards.queries import Answer

Build = Callable[[Context, Mapping[str, Answer]], dict[str, Any]]


@dataclass(frozen=True)
class Page:
    """A page: `name` is its SQL file, its template and its texts; `file` its address."""

    name: str
    file: str
    build: Build


PAGES = (
    Page("tonight", "index.html", tonight.build),
    Page("goals", "goals.html", goals.build),
    Page("budget", "budget.html", budget.build),
    Page("offers", "offers.html", offers.build),
    Page("segments", "segments.html", segments.build),
    Page("channels", "channels.html", channels.build),
    Page("experiments", "experiments.html", experiments.build),
    Page("models", "models.html", modelcards.build),
    Page("quality", "quality.html", quality.build),
    Page("downloads", "downloads.html", downloads.build),
    Page("runlog", "runlog.html", runlog.build),
)
