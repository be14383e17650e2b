"""The page Downloads: every file of the publication with its hash."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dashboards.context import Context
from dashboards.queries import Answer

_FOLDERS = {"segments": "segments/", "audit": "audit/"}


def _file(ctx: Context, resource: Mapping[str, Any]) -> dict[str, str]:
    f = ctx.formats
    return {
        "path": resource["path"],
        "href": f"../../exports/{quote(ctx.edition)}/{quote(resource['path'])}",
        "title": resource["title"],
        "rows": f.number(resource["rows"]),
        "size": f.size(resource["bytes"]),
        "sha256": resource["hash"].removeprefix("sha256:"),
    }


def _kind(path: str) -> str:
    return next((kind for kind, start in _FOLDERS.items() if path.startswith(start)), "lists")


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
    files: dict[str, list[dict[str, str]]] = {"lists": [], "segments": [], "audit": []}
    for resource in ctx.package["resources"]:
        files[_kind(resource["path"])].append(_file(ctx, resource))
    empty = ctx.t["downloads"]["empty"]
    return {
        "files": files,
        "columns": ctx.columns("downloads", "files"),
        "inputs": {"columns": ctx.columns("downloads", "inputs"), "rows": _inputs(ctx, data["inputs"])},
        "nothing": ctx.why_nothing(data["inputs"], empty["inputs"]),
        "manifest": f"../../exports/{quote(ctx.edition)}/datapackage.json",
    }
