"""What every command shares: its options, and how errors and results are printed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from offermill import console
from offermill.errors import OffermillError
from offermill.paths import ROOT

ShopOption = Annotated[
    Path, typer.Option("--shop", envvar="OFFERMILL_SHOP", help="The shop's folder (holds shop.yml).", show_default=True)
]
DateOption = Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The business date, YYYY-MM-DD.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
DEFAULT_SHOP = ROOT / "build" / "demo"


@contextmanager
def said_plainly(as_json: bool) -> Iterator[None]:
    """Turn our errors into their message and exit code: a user's mistake never shows a traceback."""
    try:
        yield
    except OffermillError as problem:
        if as_json:
            print(json.dumps({"error": str(problem), "exit_code": problem.exit_code}, ensure_ascii=False))
        else:
            Console(stderr=True).print(f"[bold red]Error[/] {escape(str(problem))}", soft_wrap=True, highlight=False)
        raise typer.Exit(problem.exit_code) from None


def plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with its errors said plainly."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        with said_plainly(bool(kwargs.get("as_json"))):
            command(*args, **kwargs)

    return wrapped


def day_of(moment: datetime) -> date:
    """Return the date of an option."""
    return moment.date()


def show(as_json: bool, values: object, text: Callable[[], object]) -> None:
    """Print a result as JSON, or as its text."""
    if as_json:
        print(json.dumps(values, ensure_ascii=False, indent=2, default=str))
    else:
        console.out.print(text())
