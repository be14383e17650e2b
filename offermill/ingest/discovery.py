"""Which deliveries lie in landing/<source>/: by declared names, whole, and never through a link."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from offermill.errors import InputError
from offermill.ingest.sources import SourceSettings, date_part

# History has no delivery date: its records count as arrived when they happened, before every delivery.
HISTORY_ON = date(1, 1, 1)
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Delivery:
    """The files of one source for one business date; `delivered_on` is HISTORY_ON for the first load.

    Attributes:
        files: empty for a remote delivery that is loaded already and was not fetched again.
        origin: where the files were fetched from, for messages and the manifest; empty: they lie in landing/.
    """

    source: str
    delivered_on: date
    files: tuple[Path, ...]
    origin: str = ""

    @property
    def is_history(self) -> bool:
        return self.delivered_on == HISTORY_ON

    @property
    def name(self) -> str:
        """Return how messages call the delivery."""
        return f"{self.source}: history" if self.is_history else f"{self.source}: delivery of {self.delivered_on}"

    def place(self, path: Path) -> str:
        """Return the file's name inside landing/, or at its origin."""
        return f"{self.origin or self.source + '/'}{path.name}"


def find(folder: Path, name: str, source: SourceSettings, *, origin: str = "") -> list[Delivery]:
    """Return all deliveries of the source in `folder`, history first, then by date.

    Raises:
        InputError: the folder or a matching file is a link or no plain file, or a name holds an impossible date.
    """
    if folder.is_symlink():
        raise InputError(f"landing/{name}: is a symbolic link; files are only taken from the folder itself.")
    if not folder.is_dir():
        return []
    paths = sorted(folder.iterdir())
    days = _by_day(paths, name, source)
    found = [Delivery(name, day, tuple(files), origin) for day, files in sorted(days.items())]
    taken = {path for files in days.values() for path in files}
    history = _history([path for path in paths if path not in taken], name, source)
    return ([Delivery(name, HISTORY_ON, tuple(history), origin)] if history else []) + found


def date_of(name: str, source: str, settings: SourceSettings) -> date | None:
    """Return the delivery date that a file's name holds (HISTORY_ON for the first load), or None if no pattern fits."""
    if settings.files is not None:
        pattern, written = _pattern(settings.files)
        matched = pattern.fullmatch(name)
        if matched:
            return _day(matched["date"], written, f"{source}/{name}")
    is_history = settings.history is not None and _pattern(settings.history)[0].fullmatch(name)
    return HISTORY_ON if is_history else None


def _by_day(paths: Iterable[Path], name: str, source: SourceSettings) -> dict[date, list[Path]]:
    days: dict[date, list[Path]] = {}
    if source.files is None:
        return days
    pattern, written = _pattern(source.files)
    for path in paths:
        matched = pattern.fullmatch(path.name)
        if matched:
            day = _day(matched["date"], written, f"{name}/{path.name}")
            days.setdefault(day, []).append(_plain(path, name))
    return days


def _history(paths: Iterable[Path], name: str, source: SourceSettings) -> list[Path]:
    if source.history is None:
        return []
    pattern, _ = _pattern(source.history)
    return [_plain(path, name) for path in paths if pattern.fullmatch(path.name)]


def _pattern(declared: str) -> tuple[re.Pattern[str], str]:
    """Return the declared name as a regular expression, and how its date is written."""
    found = date_part(declared)
    if found is None:
        return re.compile(_escaped(declared)), ""
    written = found["format"] or "%Y-%m-%d"
    width = re.sub(r"%Y", r"\\d{4}", re.sub(r"%[mdyH]", r"\\d{2}", re.escape(written).replace("\\%", "%")))
    before, after = declared[: found.start()], declared[found.end() :]
    return re.compile(f"{_escaped(before)}(?P<date>{width}){_escaped(after)}"), written


def _escaped(text: str) -> str:
    return ".*".join(re.escape(part) for part in text.split("*"))


def _day(text: str, written: str, place: str) -> date:
    try:
        return datetime.strptime(text, written).date()
    except ValueError as problem:
        raise InputError(f"{place}: {text} in the name is no day of the calendar; rename the file.") from problem


def _plain(path: Path, name: str) -> Path:
    if path.is_symlink():
        raise InputError(f"{name}/{path.name}: is a symbolic link; copy the file itself into landing/{name}/.")
    if not path.is_file():
        raise InputError(f"{name}/{path.name}: is no plain file; move it out of landing/{name}/.")
    return path


def unmatched(folder: Path, source: SourceSettings) -> list[str]:
    """Return names in the folder that no pattern fits: likely a file named wrongly."""
    patterns = [_pattern(declared)[0] for declared in (source.files, source.history) if declared]
    marker = source.done_marker.replace("{file}", "") if source.done_marker else None
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [
        name
        for name in names
        if not any(pattern.fullmatch(name) for pattern in patterns) and not (marker and marker in name)
    ]


def wait_until_whole(delivery: Delivery, source: SourceSettings) -> None:
    """Wait for the done-markers and for sizes to stand still.

    Raises:
        InputError: the deadline passed; names the file, what was awaited and for how long.
    """
    deadline = time.monotonic() + source.wait_seconds
    for path in delivery.files:
        _wait_for_marker(path, delivery, source, deadline)
        _wait_for_size(path, delivery, source, deadline)


def _wait_for_marker(path: Path, delivery: Delivery, source: SourceSettings, deadline: float) -> None:
    if source.done_marker is None:
        return
    marker = path.with_name(source.done_marker.replace("{file}", path.name))
    while not marker.is_file():
        if time.monotonic() >= deadline:
            raise InputError(
                f"{delivery.place(path)}: no done-marker {marker.name} after {source.wait_seconds:g} seconds; the file "
                "may still be being written. Run again when it is there, or raise wait_seconds of the source."
            )
        time.sleep(POLL_SECONDS)


def _wait_for_size(path: Path, delivery: Delivery, source: SourceSettings, deadline: float) -> None:
    if not source.stable_seconds:
        return
    state, since = _state(path), time.monotonic()
    while time.monotonic() - since < source.stable_seconds:
        time.sleep(min(POLL_SECONDS, source.stable_seconds))
        if _state(path) != state:
            if time.monotonic() >= deadline:
                raise InputError(
                    f"{delivery.place(path)}: still growing after {source.wait_seconds:g} seconds ({_state(path)[0]:,} "
                    "bytes now); run again when it is whole, or raise wait_seconds of the source."
                )
            state, since = _state(path), time.monotonic()


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
