"""File operations that survive a crash: each is either done and on disk, or not visible under its final name."""

import os
import shutil
from pathlib import Path


def step(operation: str, path: Path) -> None:
    """Mark the moment before a file operation; tests stop the process here."""


def sync(path: Path) -> None:
    """Force a file's bytes, or a folder's list of names, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, data: bytes) -> None:
    """Write a file inside a folder that nobody reads yet."""
    step("write", path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, data: bytes) -> None:
    """Replace a file that people read: they see the old bytes or the new ones, nothing between."""
    if path.is_file() and path.read_bytes() == data:
        return
    beside = path.with_name(f".{path.name}.partial")
    write(beside, data)
    step("replace", path)
    beside.replace(path)
    sync(path.parent)


def clear(folder: Path) -> None:
    """Remove a folder and everything in it, if it is there."""
    if folder.exists():
        step("clear", folder)
        shutil.rmtree(folder)


def discard(folder: Path) -> None:
    """Remove a folder so that it is never seen half removed."""
    gone = folder.with_name(f".{folder.name}.gone")
    clear(gone)
    step("rename", folder)
    folder.rename(gone)
    clear(gone)


def sync_tree(folder: Path) -> None:
    """Force every file and folder under `folder` to disk, the innermost first."""
    for path in sorted(folder.rglob("*"), reverse=True):
        step("sync", path)
        sync(path)
    sync(folder)


def copy_tree(source: Path, target: Path) -> None:
    """Make `target` a copy of `source`; it appears whole, because it is filled beside and renamed.

    A folder that stood there before is not touched: the caller decides what then.
    """
    partial = target.with_name(f".{target.name}.partial")
    clear(partial)
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in files(source):
        step("copy", path)
        copied = partial / path.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    sync_tree(partial)
    step("rename", target)
    partial.rename(target)
    sync(target.parent)


def files(folder: Path) -> list[Path]:
    """Return the files under a folder, sorted by their path."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
