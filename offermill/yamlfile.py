"""Strict YAML for files that people write: every error names file, line, key and the nearest known key."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from offermill.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Lines = dict[tuple[str | int, ...], int]

# YAML 1.1 reads `no` as false, `1:30` as 90 and `1_000` as 1000; people who write shop files mean text, 1.2's way.
_CORE_SCHEMA = {
    "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    "tag:yaml.org,2002:int": (r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    "tag:yaml.org,2002:float": (r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$", "-+0123456789"),
    "tag:yaml.org,2002:null": (r"^(?:~|null|Null|NULL|)$", "~nN\0"),
}


class _StrictLoader(yaml.SafeLoader):
    """Safe loader with YAML 1.2's core schema; dates and merges stay text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012


# With libyaml where PyYAML was built with it: a tenth of the time. Its errors are worded otherwise.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _QuickLoader(_Parser):  # type: ignore[misc]
    """Reads what the strict loader reads; whoever writes such a file is a programmer of ours."""

    yaml_implicit_resolvers = _StrictLoader.yaml_implicit_resolvers


def _install_core_schema() -> None:
    for tag, (pattern, first) in _CORE_SCHEMA.items():
        _StrictLoader.add_implicit_resolver(tag, re.compile(pattern), [c for c in first if c != "\0"])
        if "\0" in first:
            _StrictLoader.add_implicit_resolver(tag, re.compile(pattern), [""])


_install_core_schema()


def _mark(path: Path, node: yaml.Node) -> str:
    return f"{path.name}:{node.start_mark.line + 1}"


class _Walk:
    """Turns YAML nodes into plain values and remembers the line of every key and item."""

    def __init__(self, path: Path, loader: Any) -> None:
        self.path = path
        self.loader = loader
        self.lines: Lines = {}

    def value(self, node: yaml.Node, where: tuple[str | int, ...] = ()) -> Any:
        self.lines.setdefault(where, node.start_mark.line + 1)
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.startswith("tag:yaml.org,2002:python"):
            raise ConfigError(f"{_mark(self.path, node)}: the tag {node.tag} is not allowed; write plain values.")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*where, i)) for i, item in enumerate(node.value)]
        return self.loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, where: tuple[str | int, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                raise ConfigError(
                    f"{_mark(self.path, key_node)}: {key}: written twice "
                    f"(first on line {self.lines[(*where, key)]}); keep one."
                )
            self.lines[(*where, key)] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, (*where, key))
        return result


def load(path: Path, *, is_ours: bool = False) -> tuple[Any, Lines]:
    """Return the plain values of a YAML file and the line of every key.

    Args:
        is_ours: a file of this repository, of which hundreds are read: quickly.

    Raises:
        ConfigError: missing file, bad YAML, duplicate key, tag other than plain values; names file and line.
    """
    return parse(text_of(path), path, is_ours=is_ours)


def text_of(path: Path) -> str:
    """Return the text of a YAML file.

    Raises:
        ConfigError: missing file, or not UTF-8.
    """
    if not path.is_file():
        raise ConfigError(f"{path.name}: no such file in {path.parent}; `offermill init` writes an example.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{path.name}: byte {problem.start} is not UTF-8; save the file as UTF-8.") from problem


def parse(text: str, path: Path, *, is_ours: bool = False) -> tuple[Any, Lines]:
    """Return values and lines of YAML `text`; `path` only names it in errors."""
    try:
        loader = _QuickLoader(text) if is_ours else _StrictLoader(text)
        node = loader.get_single_node()
    except yaml.YAMLError as problem:
        if is_ours:
            return parse(text, path)  # says it as it says all else
        mark = getattr(problem, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        what = getattr(problem, "problem", None) or "cannot be read"
        hint = " (indent with spaces, not tabs)" if "\\t" in str(what) else ""
        raise ConfigError(f"{path.name}:{line}: not valid YAML: {what}{hint}.") from problem
    if node is None:
        raise ConfigError(f"{path.name}: the file is empty; `offermill init` writes an example.")
    walk = _Walk(path, loader)
    return walk.value(node), walk.lines


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest known word, or an empty text."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {found[0]!r}?" if found else ""


def _line_of(lines: Lines, where: tuple[str | int, ...]) -> int:
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def known_keys(model: type[BaseModel], where: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the model knows at the place `where` (the last part is the unknown key)."""
    current: Any = model
    for part in where[:-1]:
        current = _step_into(current, part)
        if current is None:
            return []
    fields = getattr(current, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _step_into(current: Any, part: str | int) -> Any:
    fields = getattr(current, "model_fields", {})
    annotation = fields[part].annotation if part in fields else current
    return _first_model(annotation)


def _first_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _first_model(argument)
        if found is not None:
            return found
    return None


def _describe(problem: ErrorDetails, model: type[BaseModel], path: Path, lines: Lines) -> str:
    where = tuple(problem["loc"])
    key = ".".join(str(part) for part in where) or "(whole file)"
    place = f"{path.name}:{_line_of(lines, where)}: {key}:"
    if problem["type"] == "extra_forbidden":
        known = known_keys(model, where)
        return f"{place} unknown key.{nearest(str(where[-1]), known)} Known keys: {', '.join(sorted(known)) or 'none'}."
    if problem["type"] == "missing":
        return f"{place} is missing."
    message = problem["msg"].removeprefix("Value error, ")
    given = problem.get("input")
    shown = (
        f" (got {given!r})" if isinstance(given, str | int | float | bool) and problem["type"] != "value_error" else ""
    )
    return f"{place} {message}{shown}{'' if message.endswith(('.', '?')) else '.'}"


def validate(model: type[Model], path: Path) -> Model:
    """Return `model` filled from the YAML file.

    Raises:
        ConfigError: lists every problem, one a line: `shop.yml:12: shop.curency: unknown key. Did you mean 'currency'?`
    """
    values, lines = load(path)
    return validate_values(model, values, lines, path)


def validate_values(model: type[Model], values: Any, lines: Lines, path: Path) -> Model:
    """Return `model` filled from values already read with `load`."""
    try:
        return model.model_validate(values)
    except ValidationError as problems:
        described = sorted(
            {(_line_of(lines, tuple(p["loc"])), _describe(p, model, path, lines)) for p in problems.errors()}
        )
        raise ConfigError("\n".join(text for _, text in described)) from problems
