"""docs/reference/{settings,sources,flow,cli,channels}.md, made from the code: `python -m offermill.reference`."""

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from offermill import flows, paths, settings, settings_channels, settings_delivery, stepdocs
from offermill.ingest import contracts, sources
from offermill.ingest.contracts import Contract

FOLDER = paths.ROOT / "docs" / "reference"
MADE = "This page is made by `python -m offermill.reference`; edit what it describes, not the page.\n"


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    return "\n".join([_row(*names), _row(*["---"] * len(names)), *[_row(*row) for row in rows]]) + "\n"


def comments_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the comment that stands above each field of a model, by field."""
    lines = inspect.getsource(model).splitlines()
    tree = ast.parse("\n".join(lines))
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = _comment_above(lines, node.lineno - 1)
    return found


def _comment_above(lines: list[str], index: int) -> str:
    block: list[str] = []
    while index > 0 and lines[index - 1].strip().startswith("#"):
        index -= 1
        block.insert(0, lines[index].strip().lstrip("# "))
    return " ".join(block)


def _kind(annotation: Any) -> str:
    """Return a type in the words of YAML."""
    plain = {str: "text", int: "integer", float: "number", bool: "true or false", date: "date"}
    if annotation in plain:
        return plain[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "block"
    parts = [part for part in get_args(annotation) if part not in (type(None), Ellipsis)]
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if get_origin(annotation) is tuple:
        return f"list of {_kind(parts[0])}"
    if get_origin(annotation) is dict:
        return "mapping"
    return _kind(parts[0])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "" if value in (None, {}, "") else f"`{list(value) if isinstance(value, tuple) else value}`"


def _fields(model: type[BaseModel]) -> str:
    return _table(("key", "type", "default", "meaning"), _field_rows(model, "", None))


def _block(annotation: Any) -> Any:
    """Return the block of an annotation such as `Block | None`, or the annotation itself."""
    parts = [part for part in get_args(annotation) if part is not type(None)]
    is_block = len(parts) == 1 and isinstance(parts[0], type) and issubclass(parts[0], settings.Section)
    return parts[0] if is_block else annotation


def _field_rows(model: type[BaseModel], prefix: str, standing: BaseModel | None) -> Iterator[tuple[str, ...]]:
    """Yield a row per key, a block's own keys after it; `standing` is the block that stands unless written."""
    said = comments_of(model)
    for name, field in model.model_fields.items():
        kind = _block(field.annotation)
        if isinstance(kind, type) and issubclass(kind, settings.Section):
            yield f"`{prefix}{name}`", "block", "", said.get(name, "")
            stands = None if field.is_required() else field.get_default(call_default_factory=True)
            yield from _field_rows(kind, f"{prefix}{name}.", stands)
        else:
            default = _default(field) if standing is None else f"`{getattr(standing, name)}`"
            yield f"`{prefix}{name}`", _kind(kind), default, said.get(name, "")


_BLOCKS: dict[str, tuple[type[BaseModel], str]] = {
    "sources": (sources.SourceSettings, "sources: one block per source"),
    "channels": (settings_channels.ChannelSettings, "channels: one block per system that is told of offers"),
}


def settings_page() -> str:
    """Return the page on shop.yml."""
    parts = ["# Settings: shop.yml\n", MADE]
    for name, field in settings.Settings.model_fields.items():
        model, heading = _BLOCKS.get(name, (field.annotation, name))
        if isinstance(model, type) and issubclass(model, BaseModel):
            parts += [f"## {heading}\n", f"{inspect.getdoc(model)}\n", _fields(model)]
            parts += _deliveries() if name == "channels" else []
    return "\n".join(parts)


def _deliveries() -> Iterator[str]:
    """Yield the parts on a block's `delivery`, and on each way to send."""
    blocks = {f".{name}": model for name, model in settings_delivery.BLOCKS.items()}
    models: dict[str, type[BaseModel]] = {"": settings_delivery.DeliverySettings, **blocks}
    for name, model in models.items():
        yield from (f"### channels.block.delivery{name}\n", f"{inspect.getdoc(model)}\n", _fields(model))


def _contract(name: str, contract: Contract) -> list[str]:
    rows = [
        (f"`{key}`", column.type, "yes" if column.required else "", ", ".join(column.one_of or ()), column.meaning)
        for key, column in contract.columns.items()
    ]
    kind = {
        "event": "An event: the same record twice counts once, a different one under the same key is a conflict.",
        "entity": "An entity: a later delivery supersedes an earlier one.",
    }
    late = f" Late after {contract.late_days} days (by `{contract.event_time}`)." if contract.event_time else ""
    return [
        f"## {name}\n",
        f"{contract.grain[0].upper()}{contract.grain[1:]} {kind[contract.kind]}{late}\n",
        _table(("column", "type", "required", "one of", "meaning"), rows),
    ]


def sources_page() -> str:
    """Return the page on the sources' contracts."""
    parts = ["# Sources: what the shop sends\n", MADE]
    for name in contracts.names():
        parts += _contract(name, contracts.load(name))
    return "\n".join(parts)


def flow_page() -> str:
    """Return the page on the flows: every step and what it does."""
    parts = ["# The flows, step by step\n", MADE]
    for flow in (flows.nightly(), flows.training()):
        parts.append(f"## {flow.name}\n")
        for stage in flow.stages:
            rows = [(f"`{step.address}`", stepdocs.of(step).split("\n")[0]) for step in stage.steps]
            parts += [f"### {stage.name}\n", _table(("step", "what it does"), rows)]
    return "\n".join(parts)


def _command(name: str, command: click.Command) -> list[str]:
    rows = [
        (f"`{' '.join(option.opts)}`", (getattr(option, "help", "") or "").strip())
        for option in command.params
        if option.name != "help"
    ]
    return [
        f"## offermill {name}\n",
        f"{(command.help or '').strip()}\n",
        _table(("option or argument", "meaning"), rows),
    ]


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command by its full name, those of groups such as `pilot plan` too."""
    for name, command in getattr(group, "commands", {}).items():
        if getattr(command, "commands", None):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def cli_page() -> str:
    """Return the page on the command line."""
    from offermill import cli

    group = typer.main.get_command(cli.app)
    parts = ["# The command line\n", MADE, "Called as `bin/offermill` from the checkout.\n", cli.EXIT_CODES + "\n"]
    for name, command in _commands(group):
        parts += _command(name, command)
    return "\n".join(parts)


def channels_page() -> str:
    """Return the page on the targets of channels, made from their contracts."""
    return str(import_module("offers.channels.reference").page())


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "sources.md": sources_page,
    "flow.md": flow_page,
    "cli.md": cli_page,
    "channels.md": channels_page,
}


def write(folder: Path = FOLDER) -> None:
    """Write all pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
