"""The audit log: who logged in, was refused, previewed, downloaded. Append-only, chained by hash, forced to disk.

Every line holds the SHA-256 of the line before it. The head beside the log holds the number and the hash of the last
line, signed with the portal's key: without the key no line is changed, removed or inserted unseen, not even the last.
"""

import fcntl
import hmac
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from offermill.errors import PublishError
from offermill.paths import ShopPaths
from portal import place

FILE = "audit.jsonl"
HEAD = "audit.head"
START = "0" * 64  # what stands for the line before the first
_TAIL = 1 << 16  # a line is never longer
ASIDE = f"To begin a new log, move {FILE} and {HEAD} away, and keep them."


@dataclass(frozen=True)
class End:
    """Where the log ends: the number of its last line (0 for none) and that line's hash."""

    number: int
    digest: str


@dataclass(frozen=True)
class Head:
    """Where the log ends, as the portal last knew: at `last`, or at `coming` when it died in the midst of a line."""

    last: End
    coming: End | None = None

    def signature(self, key: bytes) -> str:
        """Return what only a holder of the key can write beside it."""
        return hmac.new(key, json.dumps(asdict(self)).encode(), sha256).hexdigest()


def _write_head(shop: ShopPaths, head: Head) -> None:
    signed = {**asdict(head), "signature": head.signature(place.secret(shop))}
    place.write_private(place.folder(shop) / HEAD, (json.dumps(signed) + "\n").encode())


def _parsed_head(text: str) -> tuple[Head, str]:
    read = json.loads(text)
    coming = End(**read["coming"]) if read["coming"] else None
    return Head(End(**read["last"]), coming), str(read["signature"])


def _head(shop: ShopPaths) -> Head:
    try:
        head, signature = _parsed_head((shop.folder / "portal" / HEAD).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        raise PublishError(
            f"{HEAD}: is missing or cannot be read, so nobody knows where {FILE} ends. {ASIDE}"
        ) from None
    if not hmac.compare_digest(signature.encode(), head.signature(place.secret(shop)).encode()):
        raise PublishError(f"{HEAD}: its signature is wrong; somebody without the portal's key wrote it. {ASIDE}")
    return head


def _end(file: IO[bytes]) -> End:
    """Return the end of the log; a last line that a crash left unfinished (its event never went on) is cut off."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _TAIL)
    file.seek(start)
    whole, _, unfinished = file.read().rpartition(b"\n")
    if unfinished:
        file.truncate(size - len(unfinished))
    if not whole:
        return End(0, START)
    last = whole.rpartition(b"\n")[2]
    return End(int(json.loads(last)["number"]), sha256(last).hexdigest())


def _agreed(shop: ShopPaths, file: IO[bytes]) -> End:
    """Return the end of the log, which must be where the head says."""
    end = _end(file)
    if end.number == 0 and not (shop.folder / "portal" / HEAD).exists():
        return end
    head = _head(shop)
    if end not in (head.last, head.coming):
        raise PublishError(
            f"{FILE}: ends with line {end.number}, and line {head.last.number} was written last; "
            f"`offermill audit verify` says more. Nothing is handed out meanwhile. {ASIDE}"
        )
    return end


def append(shop: ShopPaths, at: datetime, event: str, **facts: object) -> None:
    """Write one event and force it to disk; processes wait for one another.

    Raises:
        PublishError: the log does not end where it should; nothing is written, and nothing may be handed out.
    """
    handle = os.open(place.folder(shop) / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = _agreed(shop, file)
        line = {"number": before.number + 1, "at": f"{at.isoformat()}Z", "event": event, **facts}
        written = json.dumps({**line, "before": before.digest}).encode()
        after = End(before.number + 1, sha256(written).hexdigest())
        _write_head(shop, Head(before, coming=after))
        file.seek(0, os.SEEK_END)
        file.write(written + b"\n")
        file.flush()
        os.fsync(file.fileno())
        _write_head(shop, Head(after))


def _parsed(number: int, line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PublishError(f"{FILE}:{number}: is no event; the line was changed.")
    return found


def _broken(number: int, why: str) -> PublishError:
    return PublishError(f"{FILE}:{number}: {why}. Keep the file as it is and compare it with a copy of before.")


def _check_line(number: int, line: bytes, before: str) -> None:
    found = _parsed(number, line)
    if found.get("before") != before:
        raise _broken(number, "does not follow the line before it: that one was changed, or lines came or went here")
    if found.get("number") != number:
        raise _broken(number, f"says it is line {found.get('number')}: lines came or went before it")


def _check_end(found: End, head: Head) -> None:
    if found in (head.last, head.coming):
        return
    if found.number < head.last.number:
        raise _broken(found.number, f"is the last line, but {head.last.number} were written: the last were removed")
    if found.number > head.last.number:
        raise _broken(found.number, f"is the last line, but only {head.last.number} were written: lines were added")
    raise _broken(found.number, "is not the line that was written last: it was changed")


def verify(shop: ShopPaths) -> End:
    """Read the whole log and compare every hash; return where it ends.

    Raises:
        PublishError: names the first line that was changed, removed or inserted.
    """
    path: Path = shop.folder / "portal" / FILE
    if not path.is_file():
        raise PublishError(f"{FILE}: there is no audit log in {shop.folder / 'portal'}; nobody has logged in yet.")
    end = End(0, START)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        head = _head(shop)
        for number, line in enumerate(file, 1):
            _check_line(number, line.removesuffix(b"\n"), end.digest)
            end = End(number, sha256(line.removesuffix(b"\n")).hexdigest())
    _check_end(end, head)
    return end
