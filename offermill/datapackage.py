"""The manifest of a publication: a Frictionless data package with sizes, hashes, rows and money."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offermill import durable
from offermill.errors import PublishError

NAME = "datapackage.json"
MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "html": "text/html",
}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Resource:
    """One published file.

    Attributes:
        path: relative to the package, with `/`.
        title: what it is, for people.
        rows: records without the header.
        fields: (name, Frictionless type, meaning) per column; needed for CSV files.
        key: columns that are unique together.
        money: named totals in integer minor units.
        missing_values: texts of a CSV file that stand for nothing.
        about: what the whole file is about, such as its store; the portal's rights read it.
    """

    path: str
    title: str
    rows: int
    fields: Sequence[tuple[str, str, str]] = ()
    key: Sequence[str] = ()
    money: dict[str, int] = field(default_factory=dict)
    missing_values: Sequence[str] = ("",)
    about: dict[str, str] = field(default_factory=dict)


def rows_of(described: dict[str, Any]) -> int:
    """Return the number of records of a resource in a package."""
    return int(described["rows"] if "rows" in described else described["row_count"])


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hex, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def _name(path: str) -> str:
    return path.lower().replace("/", ".")


def _schema(resource: Resource) -> dict[str, Any]:
    fields = [{"name": name, "type": kind, "description": meaning} for name, kind, meaning in resource.fields]
    schema: dict[str, Any] = {"fields": fields, "missingValues": list(resource.missing_values)}
    return schema | ({"primaryKey": list(resource.key)} if resource.key else {})


def _csv_parts(resource: Resource) -> dict[str, Any]:
    return {
        "type": "table",
        "rows": resource.rows,
        "dialect": {"csv": {"delimiter": ",", "lineTerminator": "\n", "doubleQuote": True}},
        "schema": _schema(resource),
    }


def _described(folder: Path, resource: Resource) -> dict[str, Any]:
    path = folder / resource.path
    kind = path.suffix.removeprefix(".")
    described: dict[str, Any] = {
        "name": _name(resource.path),
        "title": resource.title,
        "path": resource.path,
        "format": kind,
        "mediatype": MEDIA_TYPES[kind],
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
    }
    # Frictionless counts the rows of tables; of other files it could not, so they carry the number under our own name.
    described |= _csv_parts(resource) if kind == "csv" else {"type": "file", "row_count": resource.rows}
    described |= {"about": resource.about} if resource.about else {}
    return described | ({"money_minor": resource.money} if resource.money else {})


def write(folder: Path, name: str, title: str, resources: Sequence[Resource], facts: dict[str, Any]) -> dict[str, Any]:
    """Write `folder`/datapackage.json over the files that lie there, last of all, and return it.

    `facts` are ours: run id, business date, hashes, money; they stand under the key "offermill".
    """
    ordered = sorted(resources, key=lambda resource: resource.path)
    package = {
        "name": name,
        "title": title,
        "resources": [_described(folder, resource) for resource in ordered],
        "offermill": facts,
    }
    text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    durable.write(folder / NAME, text.encode())
    return package


def read(folder: Path) -> dict[str, Any]:
    """Return the package of a publication.

    Raises:
        PublishError: there is none, so the folder is not a whole publication.
    """
    path = folder / NAME
    if not path.is_file():
        raise PublishError(f"{folder.name}: has no {NAME}, so it is not a whole publication; run the night again.")
    package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return package


def _problem(folder: Path, resource: dict[str, Any]) -> str | None:
    path = folder / resource["path"]
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != resource["bytes"]:
        return f"has {path.stat().st_size} bytes, the manifest says {resource['bytes']}"
    return None if f"sha256:{sha256(path)}" == resource["hash"] else "has another SHA-256 than the manifest says"


def verify(folder: Path) -> dict[str, Any]:
    """Compare every file with the manifest, and the list of files with it; return the manifest.

    Raises:
        PublishError: names each file that is missing, different or not listed.
    """
    package = read(folder)
    found = {resource["path"]: _problem(folder, resource) for resource in package["resources"]}
    listed = {*found, NAME}
    strangers = [path.relative_to(folder).as_posix() for path in durable.files(folder)]
    problems = [f"{path} {problem}" for path, problem in found.items() if problem]
    problems += [f"{path} is not in the manifest" for path in strangers if path not in listed]
    if problems:
        raise PublishError(f"{folder.name}: {'; '.join(problems)}. Nothing was published; run the night again.")
    return package
