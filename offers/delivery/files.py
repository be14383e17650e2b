"""Targets that are folders of files, here or on a server: upload beside, write the hash, rename."""

import posixpath
from typing import Protocol

from offers.delivery.parcel import Parcel, TargetError
from offers.delivery.transport import Ended, State, Working

_HASH_BYTES = 200  # a side file is one line; more than that is not ours


class Files(Protocol):
    """The few file operations that sending needs; names are relative to the target's folder and use `/`."""

    @property
    def place(self) -> str:
        """Return the folder's address for messages."""

    def size(self, name: str) -> int | None:
        """Return a file's bytes; None when there is no such file."""

    def head(self, name: str, count: int) -> bytes | None:
        """Return the first bytes of a file; None when there is no such file."""

    def make_folder(self, name: str) -> None:
        """Make a folder and those above it, where they are missing."""

    def put(self, parcel: Parcel, name: str) -> None:
        """Write the parcel's bytes under a name, over what was there."""

    def write(self, name: str, data: bytes) -> None:
        """Write a small file, over what was there."""

    def rename(self, old: str, new: str) -> None:
        """Rename a file to a name that is free."""

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""

    def close(self) -> None:
        """Let the connection go."""


def hidden(name: str) -> str:
    """Return the temporary name beside a final one."""
    folder, base = posixpath.split(name)
    return posixpath.join(folder, f".{base}.part")


def side_file(name: str) -> str:
    """Return the name of the file that holds the SHA-256 of another, in the format of sha256sum."""
    return f"{name}.sha256"


def _hash_line(parcel: Parcel) -> bytes:
    return f"{parcel.sha256}  {posixpath.basename(parcel.name)}\n".encode()


class FileTransport:
    """Sends into a folder; the token is the temporary name."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @property
    def place(self) -> str:
        return self._files.place

    def has(self, parcel: Parcel) -> bool:
        size = self._files.size(parcel.name)
        if size is None:
            return False
        if size == parcel.size and self._is_hash_right(parcel):
            return True
        raise TargetError(
            f"{parcel.name} is there already with {size:,} bytes, and {side_file(parcel.name)} does not say that it "
            f"is this file of {parcel.size:,} bytes",
            "move that file away, or give `delivery.name` another pattern",
        )

    def open(self, parcel: Parcel) -> str:
        self._files.make_folder(posixpath.dirname(parcel.name))
        return hidden(parcel.name)

    def upload(self, parcel: Parcel, token: str) -> None:
        self._files.put(parcel, token)
        size = self._files.size(token)
        if size != parcel.size:
            raise TargetError(
                f"{token} has {size} bytes after the upload of {parcel.size}",
                "look whether the target's disk is full",
                may_pass=True,
            )

    def state(self, parcel: Parcel, token: str) -> State:
        size = self._files.size(token)
        if size is not None:
            return "waiting" if size == parcel.size else "gone"
        # The side file is written just before the rename: it stays when a program over there took the file already.
        return "finished" if self._is_hash_right(parcel) else "gone"

    def finish(self, parcel: Parcel, token: str, *, is_again: bool) -> str:
        if self.has(parcel):
            self._files.remove(token)
            return "was there already"
        beside = hidden(side_file(parcel.name))
        self._files.write(beside, _hash_line(parcel))
        self._files.remove(side_file(parcel.name))
        self._files.rename(beside, side_file(parcel.name))
        self._files.rename(token, parcel.name)
        return "renamed"

    def ended(self, parcel: Parcel, address: str) -> Ended | Working:
        return Ended("a folder begins no jobs")

    def discard(self, parcel: Parcel, token: str) -> None:
        self._files.remove(token)

    def close(self) -> None:
        self._files.close()

    def _is_hash_right(self, parcel: Parcel) -> bool:
        return self._files.head(side_file(parcel.name), _HASH_BYTES) == _hash_line(parcel)
