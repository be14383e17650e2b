"""Stored models: `<shop>/models/<name>/<trained_on>/` with LightGBM texts, model.json and card.json.

A model is loaded only after the SHA-256 of every file matched model.json, and that of model.json matched itself:
LightGBM crashes or hangs on an edited text. Nothing is ever unpickled.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from offermill import durable
from offermill.errors import ModelError

# Raised whenever scoring needs something that older models do not hold: they are passed over until the next training.
FORMAT = 6
MODEL_FILE = "model.json"
CARD_FILE = "card.json"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# What a pickle begins with: protocol 2 and later, and the zip that joblib or torch would write.
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")

Features = Mapping[str, str]


@dataclass(frozen=True)
class StoredModel:
    """A model as read back: every byte of it was checked.

    Attributes:
        name: `propensity`, `value` or `uplift`.
        trained_on: the business date whose night trained it.
        verdict: `accepted` (use it), `refused` (worse than the rule) or `none` (nothing to learn from).
        features: feature name -> DuckDB type, in the order the model expects.
        parts: file name -> text of a LightGBM model.
        settings: what else scoring needs (calibration, baseline, horizon), plain JSON.
        card: the model card.
        model_id: name, date and the first digits of the digest; the same data give the same id.
    """

    name: str
    trained_on: date
    verdict: str
    features: dict[str, str]
    parts: dict[str, str]
    settings: dict[str, Any]
    card: dict[str, Any]
    model_id: str


@dataclass(frozen=True)
class Found:
    """The newest sound model of a name, if any, and why newer ones were passed over."""

    model: StoredModel | None
    problems: tuple[str, ...]

    @property
    def usable(self) -> StoredModel | None:
        """Return the model if its verdict lets scoring use it."""
        return self.model if self.model is not None and self.model.verdict == "accepted" else None


def canonical(value: object) -> bytes:
    """Return JSON bytes that depend on nothing but the value."""
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def signature(features: Features) -> str:
    """Return SHA-256 over names and types, in order."""
    return hashlib.sha256(canonical([[name, kind] for name, kind in features.items()])).hexdigest()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _described(contents: Mapping[str, bytes]) -> dict[str, dict[str, object]]:
    return {name: {"sha256": _digest(content), "bytes": len(content)} for name, content in sorted(contents.items())}


def save(
    root: Path,
    name: str,
    trained_on: date,
    *,
    verdict: str,
    features: Features,
    parts: Mapping[str, str],
    settings: Mapping[str, Any],
    card: Mapping[str, Any],
) -> str:
    """Write one model folder as a whole (temporary folder, then rename) and return its model id.

    Saving the same content again leaves the folder as it is; other content of the same date replaces it.
    """
    contents = {file: text.encode() for file, text in parts.items()} | {CARD_FILE: canonical(card)}
    body = {
        "format": FORMAT,
        "name": name,
        "trained_on": trained_on.isoformat(),
        "verdict": verdict,
        "features": [[feature, kind] for feature, kind in features.items()],
        "signature": signature(features),
        "settings": dict(settings),
        "files": _described(contents),
    }
    digest = _digest(canonical(body))
    contents[MODEL_FILE] = canonical(body | {"sha256": digest})
    _replace_folder(root / name / trained_on.isoformat(), contents)
    return _model_id(name, trained_on, digest)


def _model_id(name: str, trained_on: date, digest: str) -> str:
    return f"{name}-{trained_on.isoformat()}-{digest[:12]}"


def _replace_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    if _holds(folder, contents):
        return
    fresh = _fresh(folder.with_name(f".{folder.name}.new"))
    for file, content in contents.items():
        durable.write(fresh / file, content)
    durable.sync(fresh)
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    durable.sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _holds(folder: Path, contents: Mapping[str, bytes]) -> bool:
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return names == set(contents) and all((folder / name).read_bytes() == contents[name] for name in names)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def load(root: Path, name: str, trained_on: date, available: Features | None = None) -> StoredModel:
    """Return a stored model after checking every byte of it.

    Args:
        root: the shop's models folder.
        name: the model's name.
        trained_on: the date of the folder.
        available: columns that scoring can offer (name -> type); None leaves the features unchecked.

    Raises:
        ModelError: a file is missing, was changed, is a pickle, or the features differ.
    """
    folder = root / name / trained_on.isoformat()
    body = _checked_body(folder, name, trained_on)
    contents = {file: _checked_file(folder / Path(file).name, wanted) for file, wanted in body["files"].items()}
    features = dict(body["features"])
    if available is not None:
        _check_features(folder, features, available)
    card = json.loads(contents.pop(CARD_FILE))
    parts = {file: content.decode() for file, content in contents.items()}
    model_id = _model_id(name, trained_on, body["sha256"])
    return StoredModel(name, trained_on, body["verdict"], features, parts, body["settings"], card, model_id)


def _place(path: Path) -> str:
    return "/".join(("models", *path.parts[-3:]))


def _refuse(path: Path, problem: str) -> ModelError:
    return ModelError(f"{_place(path)}: {problem} The model was not loaded; train again, or restore its folder.")


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise _refuse(path, "there is no such file.")
    content = path.read_bytes()
    if content.startswith(_PICKLE_STARTS):
        raise _refuse(path, "this is a pickle or an archive, not a text; pickles are never loaded.")
    return content


def _checked_body(folder: Path, name: str, trained_on: date) -> dict[str, Any]:
    path = folder / MODEL_FILE
    try:
        body = json.loads(_content(path))
    except (ValueError, RecursionError) as problem:
        raise _refuse(path, "this is not complete JSON; the file was cut off or edited.") from problem
    if not isinstance(body, dict) or body.get("sha256") != _digest(canonical(_without_digest(body))):
        raise _refuse(path, "its content does not have the SHA-256 it states; it was edited.")
    if (body["format"], body["name"], body["trained_on"]) != (FORMAT, name, trained_on.isoformat()):
        stated = f"format {body['format']}, {body['name']} of {body['trained_on']}"
        raise _refuse(path, f"it states {stated}, expected format {FORMAT}, {name} of {trained_on}.")
    return body


def _without_digest(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "sha256"}


def _checked_file(path: Path, wanted: Mapping[str, Any]) -> bytes:
    content = _content(path)
    if len(content) != wanted["bytes"]:
        raise _refuse(path, f"{len(content)} bytes, expected {wanted['bytes']}; the file was cut off or edited.")
    if _digest(content) != wanted["sha256"]:
        raise _refuse(path, f"SHA-256 {_digest(content)[:12]}..., expected {wanted['sha256'][:12]}...; it was edited.")
    return content


def _check_features(folder: Path, features: Features, available: Features) -> None:
    wrong = [name for name, kind in features.items() if available.get(name) != kind]
    if wrong:
        first = wrong[0]
        raise _refuse(
            folder / MODEL_FILE,
            f"trained on other features: {len(wrong)} of {len(features)} differ; first: {first} was "
            f"{features[first]}, is {available.get(first, 'missing')}.",
        )


def trained_dates(root: Path, name: str, until: date) -> list[date]:
    """Return the dates with a stored model of `name`, up to `until`, newest first."""
    folder = root / name
    names = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    dates = [date.fromisoformat(text) for text in names if _DATE.fullmatch(text)]
    return sorted((day for day in dates if day <= until), reverse=True)


def newest(root: Path, name: str, until: date, available: Features | None = None) -> Found:
    """Return the newest sound model trained on or before `until`; damaged or foreign ones are passed over and named."""
    problems: list[str] = []
    for day in trained_dates(root, name, until):
        try:
            return Found(load(root, name, day, available), tuple(problems))
        except ModelError as problem:
            problems.append(str(problem))
    return Found(None, tuple(problems))


def newest_accepted(root: Path, name: str, until: date, available: Features | None = None) -> Found:
    """Return the newest sound model whose verdict is `accepted`; a refused one leaves the one before it in use.

    Without any, the newest model of whatever verdict is found, which says why.
    """
    problems: list[str] = []
    other: StoredModel | None = None
    for day in trained_dates(root, name, until):
        try:
            model = load(root, name, day, available)
        except ModelError as problem:
            problems.append(str(problem))
            continue
        if model.verdict == "accepted":
            return Found(model, tuple(problems))
        other = other or model
    return Found(other, tuple(problems))
