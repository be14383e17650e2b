"""The Jinja environment: everything is escaped, every unknown name is an error, nothing comes from data but text."""

from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from offermill.report.numbers import NOTHING, Formats
from offermill.report.text import inert

TEMPLATES = Path(__file__).parent / "templates"
_FILTERS = ("number", "people", "money", "share", "day", "weekday", "moment", "size")


def _finalize(value: Any) -> Any:
    if value is None:
        return NOTHING
    return inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


class _Compiled(BytecodeCache):
    """Keeps compiled templates for the life of the process: every language has an environment of its own."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def environment(templates: Path, formats: Formats) -> Environment:
    """Return an environment that finds templates in `templates`, then among the general ones."""
    made = Environment(
        loader=FileSystemLoader([templates, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_COMPILED,
    )
    made.filters |= {name: getattr(formats, name) for name in _FILTERS}
    made.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False, "separators": (",", ":")}
    return made
