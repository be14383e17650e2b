"""The page Downloads: every file of the publication with its hash."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from dashboards import file_titles
from dashboards.context import Context
from dashboards.queries import Answer
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


def _row(ctx: Context, resources: Sequence[Resource], minimum: int) -> dict[str, Any]:
    """Return one list with all its files: a segment's workbook and CSV hold the same rows."""
    rows = datapackage.rows_of(resources[0])
    return {
        "title": file_titles.said(ctx, resources[0]),
        "rows": ctx.formats.people(None if 0 < rows < minimum else rows),
        "files": [_file(ctx, resource) for resource in resources],
    }


def _lists(ctx: Context) -> dict[str, list[dict[str, Any]]]:
    """Return the lists by where they lie; a list's files share folder and stem."""
    groups: dict[tuple[str, str], list[Resource]] = {}
    for resource in ctx.package["resources"]:
        path = PurePosixPath(resource["path"])
        groups.setdefault((str(path.parent), path.stem), []).append(resource)
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _FOLDERS.values()}
    for (parent, _), resources in groups.items():
        # Rows of a segment are people; the number of a few people is not shown.
        found[_FOLDERS.get(parent.partition("/")[0], "lists")].append(
            _row(ctx, resources, ctx.minimum if parent == "segments" else 0)
        )
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
