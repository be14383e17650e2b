"""`offermill preview`."""

from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from offermill import durable, settings
from offermill.cli_shared import DEFAULT_SHOP, JsonOption, ShopOption, day_of, plainly, show
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offermill.report import words


@plainly
def preview(
    shop: ShopOption = DEFAULT_SHOP,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The night that would make the offers; the newest unless said."),
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write an HTML page with phones and odd names to this file.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the page: en, lv or ru; the shop's own unless said.")
    ] = None,
    names: Annotated[str, typer.Option(help="Names to print: real (from the data) or all (odd ones too).")] = "real",
    as_json: JsonOption = False,
) -> None:
    """Show every text of offers.yml as customers would read it, and which are too long for a channel."""
    _check(names, "--names", ("real", "all"))
    chosen = settings.load(ShopPaths(shop).settings).shop
    tongue = language or chosen.default_language
    _check(tongue, "--language", words.LANGUAGES)
    found = import_module("offers.preview.make").of_shop(ShopPaths(shop), day_of(date) if date else None)
    if page is not None:
        _write(page, import_module("offers.preview.page").html(found, chosen, tongue))
    plain = import_module("offers.preview.plain")
    told = (lambda: f"Wrote {page}") if page else lambda: plain.text(found, with_odd_names=names == "all")
    show(as_json, found.as_dict(), told)


def _check(given: str, option: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise ConfigError(f"{option} {given}: is none of {', '.join(known)}.")


def _write(path: Path, html: str) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"--page {path}: is no file that can be written; name one in a folder that exists.")
    durable.replace(path, html.encode())
