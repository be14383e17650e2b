"""Stored clusters: `<shop>/models/clusters/<trained_on>/model.json`, read only when its SHA-256 matches."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from features.cluster_model import MEASURES, Clusters
from offermill import durable
from offermill.errors import ModelError

FORMAT = 1
FOLDER = "clusters"
FILE = "model.json"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TUPLES = ("names", "middles", "scales", "portraits")


@dataclass(frozen=True)
class Found:
    """The newest sound training, if any, and why newer ones were passed over."""

    clusters: Clusters | None
    trained_on: date | None
    problems: tuple[str, ...]


def _canonical(body: dict[str, Any]) -> bytes:
    return (json.dumps(body, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _measures() -> list[list[str]]:
    return [[measure.name, measure.sql] for measure in MEASURES]


def save(models: Path, trained_on: date, clusters: Clusters) -> str:
    """Store a training in place of one of the same date; return its SHA-256."""
    body = {"format": FORMAT, "trained_on": trained_on.isoformat(), "measures": _measures(), **asdict(clusters)}
    digest = hashlib.sha256(_canonical(body)).hexdigest()
    folder = models / FOLDER / trained_on.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    durable.replace(folder / FILE, _canonical({**body, "sha256": digest}))
    return digest


def load(path: Path) -> Clusters:
    """Return the clusters in one file.

    Raises:
        ModelError: the file was altered or cut short, or belongs to other measures.
    """
    where = f"{FOLDER}/{path.parent.name}/{path.name}"
    try:
        body = json.loads(path.read_bytes())
        stored = body.pop("sha256")
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as problem:
        raise ModelError(f"{where}: is no stored training. Train again.") from problem
    if hashlib.sha256(_canonical(body)).hexdigest() != stored:
        raise ModelError(f"{where}: was altered after training (SHA-256 differs). Train again.")
    if body["format"] != FORMAT or body["measures"] != _measures():
        raise ModelError(f"{where}: was trained on other measures than these. Train again.")
    parts = {name: tuple(body[name]) for name in _TUPLES}
    return Clusters(**parts, centres=tuple(tuple(row) for row in body["centres"]), name_count=body["name_count"])


def _dates(models: Path) -> list[date]:
    folder = models / FOLDER
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    # What else lies there was not put there by a training.
    return sorted((date.fromisoformat(name) for name in names if _DATE.fullmatch(name)), reverse=True)


def newest(models: Path, until: date) -> Found:
    """Return the newest sound training of `until` or before."""
    problems: list[str] = []
    for day in _dates(models):
        if day > until:
            continue
        try:
            return Found(load(models / FOLDER / day.isoformat() / FILE), day, tuple(problems))
        except ModelError as problem:
            problems.append(str(problem))
    return Found(None, None, tuple(problems))
