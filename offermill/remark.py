"""Why a figure cannot be told: an English sentence that keeps what it was made of, for pages in any language."""

import json
from collections.abc import Mapping
from typing import Any


class Remark(str):
    """A sentence; `code` names its words in other languages (`words.remarks` of dashboards/texts), `values` fill them.

    Args:
        code: such as `few_with`.
        sentence: English, with a hole per value, as `str.format` fills it.
        values: numbers, by the name of their hole.
    """

    code: str
    values: Mapping[str, float]

    def __new__(cls, code: str, sentence: str, **values: float) -> "Remark":
        made = super().__new__(cls, sentence.format(**values))
        made.code, made.values = code, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (str(self), self.parts)

    @property
    def parts(self) -> dict[str, Any]:
        """Return the code and the values, as tables and cards keep them beside the sentence."""
        return {"code": self.code, **self.values}


def restored(sentence: str, parts: Mapping[str, Any]) -> Remark:
    """Return the remark that was stored as a sentence and its parts."""
    made = Remark(str(parts["code"]), sentence.replace("{", "{{").replace("}", "}}"))
    made.values = {name: value for name, value in parts.items() if name != "code"}
    return made


def row_of(problem: str | None) -> dict[str, str | None]:
    """Return the column `problem_parts` beside `problem`: JSON of the parts; None where there are none."""
    return {"problem_parts": json.dumps(problem.parts, sort_keys=True) if isinstance(problem, Remark) else None}
