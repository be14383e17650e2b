"""What a list is called in the reader's language; what the texts do not know keeps its published title."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from offermill import paths
from portal import words
from portal.lists import Listed

_PART = re.compile(r", part (\d+) of (\d+)$")
_CALL = re.compile(r", call (\d+)$")
_CALLS = "call-centre"  # the sheet beside those of the stores
_PRINT = ", to print"
_TOLD = re.compile(r"audit\.channels\.(.+)\.parquet")


@cache
def _segments(language: str) -> Mapping[str, str]:
    """Return what the pages call each segment, by the name of its list."""
    texts = yaml.safe_load((paths.ROOT / "dashboards" / "texts" / f"{language}.yml").read_text(encoding="utf-8"))
    families: Mapping[str, Mapping[str, str]] = texts["words"]["segments"]
    return {
        name: label
        for family, segments in families.items()
        for segment, label in segments.items()
        for name in (segment, f"{family}-{segment}")
    }


def of(listed: Listed, language: str) -> str:
    """Return a list's title."""
    said = words.texts(language)["lists"]
    told = _TOLD.fullmatch(listed.name)
    if "segments" in listed.own:
        segment = listed.own["segments"]
        return str(said["segment"]).replace("{segment}", _segments(language).get(segment, segment))
    if told:
        return str(said["told"]).replace("{block}", told[1])
    if "channels" in listed.own:
        return _of_channel(listed, said)
    return str(said["titles"].get(listed.name, listed.title))


def _of_channel(listed: Listed, said: Mapping[str, Any]) -> str:
    """Return the block's name and what its file is, with its place among the parts."""
    block, colon, title = listed.title.partition(": ")
    part, call = _PART.search(title), _CALL.search(title)
    title = _CALL.sub("", _PART.sub("", title))
    is_print, title = title.endswith(_PRINT), title.removesuffix(_PRINT)
    named = str(said["files"].get(title, title))
    if listed.path.stem == _CALLS:
        named = str(said["calls"])
    elif "stores" in listed.own:
        named = str(said["sheet"]).replace("{store}", named)
    named += str(said["print"]) if is_print else ""
    named += str(said["of"]).replace("{n}", part[1]).replace("{all}", part[2]) if part else ""
    named += str(said["call"]).replace("{n}", call[1]) if call else ""
    return f"{block}{colon}{named}"
