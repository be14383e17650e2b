"""The page Downloads: every file of the publication with its hash."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from dashboards import explore, file_titles
from dashboards.context import Context
from dashboards.queries import Answer
from dashboards.suppression import suppress
from offermill import datapackage

Resource = dict[str, Any]
# The first folder of a path -> section; channels first have a folder each.
_FOLDERS = {".": "lists", "channels": "channels", "segments": "segments", "audit": "audit"}
_ALWAYS = ("lists", "segments", "audit")


def _file(ctx: Context, resource: Resource) -> dict[str, Any]:
    path = PurePosixPath(resource["path"])
    return {
        "name": path.name,
        "kind": path.suffix.removeprefix(".").upper(),
        "href": f"../../../exports/{quote(ctx.edition)}/{quote(str(path))}",
        "size": ctx.formats.size(resource["bytes"]),
        "sha256": resource["hash"].removeprefix("sha256:"),
    }


def _row(ctx: Context, resources: Sequence[Resource], rows: int | None) -> dict[str, Any]:
    """Return one list with all its files: a segment's workbook and CSV hold the same rows."""
    return {
        "title": file_titles.said(ctx, resources[0]),
        "rows": ctx.formats.people(rows),
        "files": [_file(ctx, resource) | ({"size": ""} if rows is None else {}) for resource in resources],
    }


def rows_told(ctx: Context, path: PurePosixPath, rows: int) -> int | None:
    """Return the rows of a file; None for few people, and for a channel that has so few tonight."""
    block = ctx.run.settings.channels.get(path.parts[1]) if path.parts[0] == "channels" else None
    is_of_few = any(explore.is_hidden(ctx, "channel", channel) for channel in (block.channel if block else ()))
    return None if is_of_few or 0 < rows < ctx.minimum else rows


def _segment_rows(ctx: Context) -> dict[str, int | None]:
    """Return the rows of segments' files by path, hidden as on the page Segments: a family adds up to everybody."""
    found = [
        {"path": resource["path"], "family": file_titles.family_of(resource), "rows": datapackage.rows_of(resource)}
        for resource in ctx.package["resources"]
        if PurePosixPath(resource["path"]).parts[0] == "segments" and "rows" in resource
    ]
    return {row["path"]: row["rows"] for row in suppress(found, "rows", ctx.minimum, within=("family",))}


def _lists(ctx: Context) -> dict[str, list[dict[str, Any]]]:
    """Return the lists by where they lie; a list's files share folder and stem."""
    segments = _segment_rows(ctx)
    groups: dict[tuple[str, str], list[Resource]] = {}
    for resource in ctx.package["resources"]:
        path = PurePosixPath(resource["path"])
        groups.setdefault((str(path.parent), path.stem), []).append(resource)
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _FOLDERS.values()}
    for (parent, _), resources in groups.items():
        first = str(resources[0]["path"])
        told = rows_told(ctx, PurePosixPath(first), datapackage.rows_of(resources[0]))
        rows = segments.get(first, told)
        found[_FOLDERS.get(parent.partition("/")[0], "lists")].append(_row(ctx, resources, rows))
    return {kind: rows for kind, rows in found.items() if rows or kind in _ALWAYS}


def _inputs(ctx: Context, answer: Answer) -> list[list[str]]:
    f = ctx.formats
    return [
        [
            row["source"],
            f.number(row["file_count"]),
            f.size(row["bytes"]),
            *(f.number(row[name]) for name in ("row_count", "accepted_count", "reject_count")),
        ]
        for row in answer.rows
    ]


def build(ctx: Context, data: Mapping[str, Answer]) -> dict[str, Any]:
    """Return what the template shows."""
    empty = ctx.t["downloads"]["empty"]
    return {
        "lists": _lists(ctx),
        "columns": ctx.columns("downloads", "files"),
        "inputs": {"columns": ctx.columns("downloads", "inputs"), "rows": _inputs(ctx, data["inputs"])},
        "nothing": ctx.why_nothing(data["inputs"], empty["inputs"]),
        "manifest": f"../../../exports/{quote(ctx.edition)}/datapackage.json",
    }
