"""Where the portal keeps its own files: a folder in the shop's, readable by its owner alone."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from offermill import durable
from offermill.paths import ShopPaths

_SECRET_BYTES = 32


def folder(shop: ShopPaths) -> Path:
    """Return `<shop>/portal`, made with mode 0700: it holds password hashes, the key and the audit log."""
    made = shop.folder / "portal"
    made.mkdir(mode=0o700, exist_ok=True)
    return made


def secret(shop: ShopPaths) -> bytes:
    """Return the key that signs sessions and the head of the audit log; the first call makes it."""
    path = folder(shop) / "secret"
    if not path.exists():
        made = path.with_name(f".secret-{secrets.token_hex(8)}")
        write_private(made, secrets.token_hex(_SECRET_BYTES).encode())
        # Of two processes that start at once the first one's key stands, and is whole before anybody sees it.
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
        durable.sync(path.parent)
    return path.read_bytes()


def write_private(path: Path, data: bytes) -> None:
    """Replace a file in the portal's folder; nobody but its owner ever reads it."""
    beside = path.with_name(f".{path.name}.partial")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    durable.sync(path.parent)
