"""A problem in offers.yml: where in the file, and what; each names its key, so its line is found."""

from collections.abc import Iterable
from dataclasses import dataclass

from offermill.errors import ConfigError

Where = tuple[str | int, ...]
Lines = dict[Where, int]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong: where in the file, and what."""

    where: Where
    message: str


def raise_for(problems: Iterable[Problem], lines: Lines, file_name: str) -> None:
    """Raise a ConfigError with one line per problem, in the file's order; nothing when there is none."""
    placed = sorted((_line(lines, problem.where), problem) for problem in problems)
    if placed:
        texts = [f"{file_name}:{line}: {_key(problem.where)}: {_ended(problem.message)}" for line, problem in placed]
        raise ConfigError("\n".join(dict.fromkeys(texts)))


def _ended(message: str) -> str:
    return message if message.endswith(("?", ".")) else message + "."


def _line(lines: Lines, where: Where) -> int:
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def _key(where: Where) -> str:
    return ".".join(str(part) for part in where)
