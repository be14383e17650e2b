"""The languages of the pages, and the few words that every page says whatever it is about."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from babel import Locale

TEXTS = Path(__file__).parent / "texts"
LANGUAGES = ("en", "lv", "ru")


@cache
def said(language: str) -> Mapping[str, str]:
    """Return the words of a language."""
    loaded: Mapping[str, str] = yaml.safe_load((TEXTS / f"{language}.yml").read_text(encoding="utf-8"))
    return loaded


def in_order(default: str) -> tuple[str, ...]:
    """Return every language that pages are written in, the shop's own first."""
    return tuple(sorted(LANGUAGES, key=lambda language: (language != default, LANGUAGES.index(language))))


@cache
def name(language: str) -> str:
    """Return what a language calls itself, such as Latviešu."""
    own = str(Locale.parse(language).get_display_name(language))
    return own[0].upper() + own[1:]
