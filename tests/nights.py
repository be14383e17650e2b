"""What tests of whole nights share: the date, copies of a shop, and the fingerprint of what was published."""

import hashlib
import shutil
from datetime import date
from pathlib import Path

DAY = date(2026, 6, 30)


def digests(folder: Path) -> dict[str, str]:
    """Return SHA-256 by path of every file that a shop's nights published."""
    files = [path for part in ("exports", "site") for path in sorted((folder / part).rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def copy_of(shop: Path, target: Path) -> Path:
    """Copy a shop, so that a test may do with it what it likes."""
    return Path(shutil.copytree(shop, target))
