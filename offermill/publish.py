"""Atomic publication: what a night made becomes visible whole, and a published night never changes.

A night writes its files into `state/publish/<date>/`. `release` checks them against their manifest, copies them
beside the public folders, renames, and only then moves the pointer `exports/latest.json`. A process killed anywhere in
between leaves yesterday's publication in force, and running again ends with the same bytes.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from offermill import datapackage, durable
from offermill.errors import PublishError
from offermill.report import nights
from offermill.run import Run
from offermill.warehouse import Warehouse

POINTER = "latest.json"
_EDITION = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:\.v(?P<version>\d+))?")
_NAMED = 3  # files named in a refusal; the rest are counted


def folder(run: Run) -> Path:
    """Return where the night's steps leave what `release` will publish."""
    return run.shop.state / "publish" / run.business_date.isoformat()


def staging(run: Run, part: str) -> Path:
    """Return an empty folder to write one part (`exports`, `site`) of the publication into."""
    fresh = folder(run) / part
    durable.clear(fresh)
    fresh.mkdir(parents=True)
    return fresh


def edition_name(day: date, version: int) -> str:
    """Return the folder name of a version: `2026-06-30`, then `2026-06-30.v2`."""
    return day.isoformat() if version == 1 else f"{day.isoformat()}.v{version}"


def version_of(name: str) -> int:
    """Return the version in an edition's name."""
    parsed = _parsed(name)
    if parsed is None:
        raise PublishError(f"{name}: is no edition such as 2026-06-30 or 2026-06-30.v2.")
    return parsed[1]


def order_of(name: str) -> tuple[str, int]:
    """Return what editions are sorted by: date, then version."""
    return _parsed(name) or ("", 0)


def _parsed(name: str) -> tuple[str, int] | None:
    match = _EDITION.fullmatch(name)
    return (match["day"], int(match["version"] or 1)) if match else None


def editions(folder: Path) -> list[str]:
    """Return the names of the editions in `exports` or `site`, oldest first."""
    return sorted((path.name for path in folder.glob("*") if path.is_dir() and _parsed(path.name)), key=order_of)


def newest_version(exports: Path, day: date) -> int:
    """Return the highest published version of a date; 0 when it was never published."""
    versions = [parsed[1] for name in editions(exports) if (parsed := _parsed(name)) and parsed[0] == day.isoformat()]
    return max(versions, default=0)


def edition(run: Run) -> str:
    """Return the edition that this run makes: the newest of its date, or with `new_version` the one after it.

    A new version that was moved into place but not pointed to when the process died is taken up again.
    """
    newest = newest_version(run.shop.exports, run.business_date)
    unfinished = newest > 1 and _pointed(run.shop.exports) == edition_name(run.business_date, newest - 1)
    step = 1 if run.new_version and newest and not unfinished else 0
    return edition_name(run.business_date, max(newest, 1) + step)


def _pointed(exports: Path) -> str | None:
    pointer = exports / POINTER
    return str(json.loads(pointer.read_text(encoding="utf-8"))["edition"]) if pointer.is_file() else None


def _contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): datapackage.sha256(path) for path in durable.files(folder)}


def differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the names whose content differs or that only one side has, sorted."""
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _listed(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _cause(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    named = {"config_hash": "the settings or the catalogue changed", "input_hash": "the inputs changed"}
    said = [
        f"{meaning} ({old.get(key, '')[:12]} -> {new.get(key, '')[:12]})"
        for key, meaning in named.items()
        if old.get(key) != new.get(key)
    ]
    return " and ".join(said) or "settings and inputs are the same, so the program or what it remembers changed"


def _refusal(part: str, name: str, names: list[str], cause: str) -> str:
    return (
        f"{part}/{name} is already published and tonight's files differ: {_listed(names)}; {cause}. "
        "A published night never changes: undo the change, or run again with --new-version to publish a correction "
        "beside it."
    )


def _check_unchanged(run: Run, part: str, name: str, source: Path, target: Path) -> None:
    names = differing(_contents(target), _contents(source))
    if names:
        old, new = (
            datapackage.read(place)["offermill"] for place in (run.shop.exports / name, folder(run) / "exports")
        )
        raise PublishError(_refusal(part, name, names, _cause(old, new)))


def _place_assets(source: Path, target: Path) -> None:
    # Named by their content, so a file that is there is the right one.
    for path in durable.files(source):
        if not (target / path.name).exists():
            durable.replace(target / path.name, path.read_bytes())


def _point(run: Run, name: str) -> None:
    """Move the pointers, the last act; a backfilled older night does not become the latest."""
    shown = editions(run.shop.site)[::-1]
    durable.replace(
        run.shop.site / "index.html",
        nights.page(run.settings.shop.name, shown, run.settings.shop.default_language).encode(),
    )
    if editions(run.shop.exports)[-1] == name:
        durable.replace(run.shop.exports / POINTER, _pointer(run.shop.exports / name, name))


def _pointer(published: Path, name: str) -> bytes:
    facts = datapackage.read(published)["offermill"]
    pointer = {
        "edition": name,
        "business_date": facts["business_date"],
        "run_id": facts["run_id"],
        "datapackage": f"{name}/{datapackage.NAME}",
        "datapackage_sha256": datapackage.sha256(published / datapackage.NAME),
    }
    return (json.dumps(pointer, indent=2) + "\n").encode()


def _confirm(run: Run) -> dict[str, object]:
    """A repeated release finds nothing staged: the publication must already stand and be whole."""
    newest = newest_version(run.shop.exports, run.business_date)
    if not newest:
        raise PublishError(
            f"{run.business_date}: nothing is ready to publish; run the steps publish.exports and publish.site first."
        )
    name = edition_name(run.business_date, newest)
    datapackage.verify(run.shop.exports / name)
    return {"edition": name, "result": "identical"}


def _parts(run: Run, name: str) -> list[tuple[str, Path, Path]]:
    places = [
        ("exports", folder(run) / "exports", run.shop.exports / name),
        ("site", folder(run) / "site", run.shop.site / name),
    ]
    return [(part, source, target) for part, source, target in places if source.exists()]


def release(warehouse: Warehouse, run: Run) -> dict[str, object]:
    """Make the staged publication visible: lists, then pages, then the pointers.

    Raises:
        PublishError: a file does not match the manifest, or the date is published with other content.
    """
    staged = folder(run)
    if not staged.exists():
        return _confirm(run)
    name = str(datapackage.verify(staged / "exports")["offermill"]["edition"])
    parts = _parts(run, name)
    for part, source, target in parts:
        if target.exists():
            _check_unchanged(run, part, name, source, target)
    missing = [(source, target) for _, source, target in parts if not target.exists()]
    _place_assets(staged / "assets", run.shop.site / "assets")
    for source, target in missing:
        durable.copy_tree(source, target)
    _point(run, name)
    durable.discard(staged)
    return {"edition": name, "result": "published" if missing else "identical"}
