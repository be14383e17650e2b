"""A folder of this machine, such as a mounted share."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offermill import durable
from offermill.settings_delivery import FolderTarget
from offers.delivery.parcel import Parcel, TargetError


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a problem of the target."""
    try:
        yield
    except OSError as problem:
        why = f"{problem.strerror or problem} ({Path(str(problem.filename or folder)).name})"
        raise TargetError(why, f"look at {folder}: mounted, writable, space left?", may_pass=True) from problem


class LocalFiles:
    """The files below a folder; what is renamed is on disk first."""

    def __init__(self, settings: FolderTarget) -> None:
        self._folder = Path(settings.path)

    @property
    def place(self) -> str:
        return str(self._folder)

    def size(self, name: str) -> int | None:
        with _said(self._folder):
            path = self._path(name)
            return path.stat().st_size if path.is_file() else None

    def head(self, name: str, count: int) -> bytes | None:
        with _said(self._folder):
            path = self._path(name)
            if not path.is_file():
                return None
            with path.open("rb") as file:
                return file.read(count)

    def make_folder(self, name: str) -> None:
        if not self._folder.is_dir():
            # Never made here: a share that is not mounted would be filled locally, and nobody would see it.
            raise TargetError(f"there is no folder {self._folder}", "mount it or make it", may_pass=True)
        with _said(self._folder):
            self._path(name).mkdir(parents=True, exist_ok=True)

    def put(self, parcel: Parcel, name: str) -> None:
        with _said(self._folder), parcel.path.open("rb") as source, self._path(name).open("wb") as target:
            durable.step("send", self._path(name))
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())

    def write(self, name: str, data: bytes) -> None:
        with _said(self._folder):
            durable.write(self._path(name), data)

    def rename(self, old: str, new: str) -> None:
        with _said(self._folder):
            durable.step("rename", self._path(new))
            self._path(old).rename(self._path(new))
            durable.sync(self._path(new).parent)

    def remove(self, name: str) -> None:
        with _said(self._folder):
            self._path(name).unlink(missing_ok=True)

    def close(self) -> None:
        pass

    def _path(self, name: str) -> Path:
        return self._folder / name
