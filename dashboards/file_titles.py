"""What the files of a publication are, in the page's language: the words of their contracts, by title and place."""

import re
from pathlib import PurePosixPath
from typing import Any

from markupsafe import Markup

from dashboards.context import Context
from dashboards.data_words import texts
from offermill.report.text import inert

_SEGMENT = re.compile(r"Customers of the segment (?P<segment>.*) \((?P<family>[^()]*)\)", re.DOTALL)
# What a title ends with -> the name of its words; the last stands last.
_ENDINGS = (
    ("part", re.compile(r", part (?P<place>\d+) of (?P<count>\d+)$")),
    ("call", re.compile(r", call (?P<place>\d+)$")),
    ("add", re.compile(r", people to add$")),
    ("take_away", re.compile(r", people to take away$")),
    ("print", re.compile(r", to print$")),
    ("ended", re.compile(r": offers that ended$")),
)


def said(ctx: Context, resource: dict[str, Any]) -> str | Markup:
    """Return what a file is; one that nobody translated says it in English."""
    title, path = str(resource["title"]), PurePosixPath(resource["path"])
    if match := _SEGMENT.fullmatch(title):
        family = ctx.t["segments"]["families"].get(match["family"], [match["family"]])[0]
        return str(ctx.t["downloads"]["segment"]).format(
            segment=ctx.segment(match["family"], match["segment"]), family=family
        )
    if named := ctx.t["downloads"]["titles"].get(resource["path"]):
        return str(named)
    if ctx.language == "en":
        return inert(title)
    if path.parts[0] == "channels" and len(path.parts) > 2:
        return _of_channel(ctx, path, title)
    if title == f"What the channel {path.stem} was told, without addresses":
        return inert(texts(ctx.language)["files"]["told"].format(block=path.stem))
    return ctx.english(title)


def family_of(resource: dict[str, Any]) -> str:
    """Return the family of the segment that a file lists; empty if it lists none."""
    match = _SEGMENT.fullmatch(str(resource["title"]))
    return match["family"] if match else ""


def _of_channel(ctx: Context, path: PurePosixPath, title: str) -> str | Markup:
    block, words = path.parts[1], texts(ctx.language)["files"]
    base, endings = title.removeprefix(f"{block}: "), []
    for name, pattern in _ENDINGS:
        if match := pattern.search(base):
            base = base[: match.start()]
            endings.append(words["endings"][name].format(**match.groupdict()))
    # The sheet of a store is called after the store.
    told = base if path.stem == "call-centre" or path.stem.startswith("store-") else words["titles"].get(base)
    return ctx.english(title) if told is None else inert(f"{block}: {told}{''.join(reversed(endings))}")
