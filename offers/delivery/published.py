"""What an edition holds for a block, as its manifest says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offermill import datapackage


@dataclass(frozen=True)
class File:
    """A published file: its path within the edition, bytes, SHA-256 in hex, records."""

    path: str
    size: int
    sha256: str
    rows: int

    @property
    def name(self) -> str:
        """Return the name within the block's folder."""
        return self.path.split("/", 2)[2]


def _file(resource: dict[str, Any]) -> File:
    hashed = str(resource["hash"]).removeprefix("sha256:")
    return File(resource["path"], resource["bytes"], hashed, datapackage.rows_of(resource))


def files(edition: Path, block: str) -> list[File] | None:
    """Return the files that an edition holds for a block, by name; None when it knows no such block.

    Raises:
        PublishError: the edition has no manifest.
    """
    package = datapackage.read(edition)
    if block not in package["offermill"].get("channels", {}):
        return None
    prefix = f"channels/{block}/"
    return [_file(resource) for resource in package["resources"] if resource["path"].startswith(prefix)]


def stopped(edition: Path, block: str) -> str | None:
    """Return why a block was not written at all; None when it was, or is not known."""
    said = datapackage.read(edition)["offermill"].get("channels", {}).get(block, {}).get("stopped")
    return None if said is None else str(said)
