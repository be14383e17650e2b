"""What is published, as the portal knows it: editions, and in each its lists by name.

Nothing that somebody asks for is ever joined to a path: a name is looked up among the editions that are there and among
the resources of the edition's datapackage.json, and the path is the manifest's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from offermill import datapackage, publish
from offermill.errors import PublishError
from offermill.paths import ShopPaths

# Folder of a publication -> section on the page; what lies elsewhere is a list of its own.
SECTIONS = ("lists", "segments", "channels", "audit")
TABLES = ("csv", "parquet")
KINDS = ("string", "integer", "number", "boolean", "date", "datetime")


@dataclass(frozen=True)
class Field:
    """A column: its name, its Frictionless type (one of KINDS) and what it means."""

    name: str
    kind: str
    meaning: str = ""


@dataclass(frozen=True)
class Listed:
    """One list of a publication.

    Attributes:
        name: the resource's name in datapackage.json; what people and programs ask for.
        section: lists, segments, channels or audit.
        path: the published file.
        fields: its columns; empty for files that are no table.
        rows: records.
        own: what the whole list is of: `segments` -> the segment, `channels` -> the block of shop.yml, `stores` -> the
            store that its manifest says it is about.
        resource: its description in datapackage.json.
        twin: the published workbook with the same rows, if there is one.
    """

    name: str
    title: str
    section: str
    path: Path
    fields: tuple[Field, ...]
    rows: int
    own: Mapping[str, str]
    resource: Mapping[str, Any]
    twin: "Listed | None" = None

    @property
    def is_table(self) -> bool:
        return bool(self.fields)

    @property
    def kind(self) -> str:
        return str(self.resource["format"])


@dataclass(frozen=True)
class Edition:
    """One publication: its folder's name, date, version and lists by name."""

    name: str
    day: date
    version: int
    facts: Mapping[str, Any]
    lists: Mapping[str, Listed] = field(repr=False)


def _arrow_kind(kind: pa.DataType) -> str:
    tests = (
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_decimal, "number"),
        (pa.types.is_floating, "number"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "datetime"),
    )
    return next((name for test, name in tests if test(kind)), "string")


def _fields(path: Path, resource: Mapping[str, Any]) -> tuple[Field, ...]:
    if resource["format"] == "parquet":
        return tuple(Field(one.name, _arrow_kind(one.type)) for one in parquet.read_schema(path))
    declared = resource.get("schema", {}).get("fields", []) if resource["format"] == "csv" else []
    return tuple(
        Field(one["name"], one["type"] if one["type"] in KINDS else "string", one.get("description", ""))
        for one in declared
    )


def _place(folder: Path, resource: Mapping[str, Any]) -> Path:
    """Return the file of a resource, which lies in the publication's folder whatever the manifest says."""
    path = (folder / str(resource["path"])).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise PublishError(
            f"{folder.name}: {resource['path']!r} in {datapackage.NAME} leaves the publication's folder."
        )
    return path


def _own(path: PurePosixPath, about: Mapping[str, Any]) -> dict[str, str]:
    if path.parts[0] == "segments":
        return {"segments": path.stem}
    block = {"channels": path.parts[1]} if path.parts[0] == "channels" and len(path.parts) > 2 else {}
    return block | ({"stores": str(about["store"])} if about.get("store") else {})


def _listed(folder: Path, resource: Mapping[str, Any], twin: Listed | None = None) -> Listed:
    path, place = PurePosixPath(resource["path"]), _place(folder, resource)
    return Listed(
        name=resource["name"],
        title=resource["title"],
        section=path.parts[0] if len(path.parts) > 1 and path.parts[0] in SECTIONS else "lists",
        path=place,
        fields=_fields(place, resource),
        rows=datapackage.rows_of(dict(resource)),
        own=_own(path, resource.get("about", {})),
        resource=resource,
        twin=twin,
    )


def _lists(folder: Path, resources: list[dict[str, Any]]) -> dict[str, Listed]:
    """Return the lists by name; a workbook beside a table of the same name is the table's twin, no list of its own."""
    stems = {str(PurePosixPath(one["path"]).with_suffix("")) for one in resources if one["format"] in TABLES}
    twins = {str(PurePosixPath(one["path"]).with_suffix("")): one for one in resources if one["format"] == "xlsx"}
    twins = {stem: one for stem, one in twins.items() if stem in stems}
    found: dict[str, Listed] = {}
    for one in resources:
        stem = str(PurePosixPath(one["path"]).with_suffix(""))
        if one is twins.get(stem):
            continue
        if one["name"] in found:
            raise PublishError(f"{folder.name}: two resources of {datapackage.NAME} are called {one['name']!r}.")
        twin = _listed(folder, twins[stem]) if stem in twins and one["format"] == "csv" else None
        found[one["name"]] = _listed(folder, one, twin)
    return found


def day_of(name: str) -> date:
    """Return the night of an edition, by its name."""
    return date.fromisoformat(name[:10])


@lru_cache(maxsize=64)
def _edition(folder: Path, changed: int) -> Edition:
    try:
        package = datapackage.read(folder)
        facts = package["offermill"]
        lists = _lists(folder, package["resources"])
        day = date.fromisoformat(facts["business_date"])
    except (ValueError, LookupError, TypeError, AttributeError, OSError, pa.ArrowException) as problem:
        raise PublishError(
            f"{folder.name}: {datapackage.NAME} does not describe what lies there "
            f"({type(problem).__name__}: {problem}); "
            "nothing of it is handed out. Put the publication back from a backup, or run the night as a new version."
        ) from problem
    return Edition(folder.name, day, publish.version_of(folder.name), facts, lists)


def editions(shop: ShopPaths) -> list[str]:
    """Return the names of the whole publications, the newest first."""
    names = publish.editions(shop.exports)
    return [name for name in reversed(names) if (shop.exports / name / datapackage.NAME).is_file()]


def edition(shop: ShopPaths, name: str) -> Edition | None:
    """Return the publication of that name; None when there is none.

    Raises:
        PublishError: its manifest is broken.
    """
    known = {other: shop.exports / other for other in editions(shop)}
    if name not in known:
        return None
    return _edition(known[name], (known[name] / datapackage.NAME).stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _is_as_published(path: Path, expected: str, size: int, changed: int) -> bool:
    return f"sha256:{datapackage.sha256(path)}" == expected


def check(listed: Listed) -> None:
    """Compare a file and its twin with the manifest, once as long as they do not change.

    Raises:
        PublishError: the file is gone or is not the one that was published.
    """
    try:
        state = listed.path.stat()
    except FileNotFoundError:
        raise PublishError(f"{listed.name}: the published file is gone.") from None
    if not _is_as_published(listed.path, listed.resource["hash"], state.st_size, state.st_mtime_ns):
        raise PublishError(f"{listed.name}: the file is not the one that was published; it is not handed out.")
    if listed.twin:
        check(listed.twin)
