"""A run: one shop, one business date, one frozen set of settings. It is the only clock that steps see."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Self

from offermill import businessday, settings
from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offermill.settings import Settings

SNAPSHOT_FILES = ("shop.yml", "offers.yml")
# Plans of pilots: fixed before their start, so each night keeps them as it read them.
SNAPSHOT_FOLDER = "pilots"


@dataclass(frozen=True)
class Run:
    """What a step may know of its night.

    Attributes:
        business_date: the local day D the run is for.
        as_of: the end of D as naive UTC; facts at or after it do not exist for the run.
        shop: where the shop's files lie.
        settings: shop.yml as it stood when the night began.
        config_hash: 64 hex digits over the snapshot of shop.yml, offers.yml and the plans of pilots.
        new_version: publish a correction beside a publication that differs, instead of refusing.
    """

    business_date: date
    as_of: datetime
    shop: ShopPaths
    settings: Settings
    config_hash: str
    new_version: bool = False

    @property
    def parameters(self) -> dict[str, object]:
        """Return what SQL may name: the two clocks and every scalar setting as `$section_key`."""
        return {"as_of": self.as_of, "business_date": self.business_date, **self.settings.parameters}

    @property
    def run_id(self) -> str:
        """Return a name that the same inputs always get."""
        return f"{self.settings.shop.id}-{self.business_date.isoformat()}-{self.config_hash[:12]}"

    @property
    def snapshot(self) -> Path:
        """Return the folder with this night's copy of the settings and the catalogue."""
        return self.shop.runs / self.business_date.isoformat()

    @property
    def catalogue(self) -> Path:
        """Return this night's copy of offers.yml."""
        return self.snapshot / "offers.yml"

    def at(self, day: date) -> Self:
        """Return the same run as of another date, for training snapshots."""
        return replace(self, business_date=day, as_of=as_of(day, self.settings))

    @classmethod
    def of(cls, folder: Path, day: date, *, new_version: bool = False) -> Self:
        """Return a run with the settings as they stand in the shop's folder now."""
        shop = ShopPaths(folder)
        chosen = settings.load(shop.settings)
        return cls(day, as_of(day, chosen), shop, chosen, config_hash(folder), new_version)

    @classmethod
    def of_snapshot(cls, folder: Path, day: date) -> Self:
        """Return the run that `night.open` began for `day`, with the settings frozen then."""
        shop = ShopPaths(folder)
        taken = shop.runs / day.isoformat()
        if not (taken / "run.json").is_file():
            raise ConfigError(f"{day}: the night has not begun; run the step night.open first.")
        chosen = settings.load(taken / "shop.yml")
        notes = json.loads((taken / "run.json").read_text(encoding="utf-8"))
        return cls(day, as_of(day, chosen), shop, chosen, config_hash(taken), bool(notes["new_version"]))


def as_of(day: date, chosen: Settings) -> datetime:
    """Return the end of the local day as naive UTC."""
    return businessday.interval(day, chosen.shop.time_zone)[1]


def snapshot_files(folder: Path) -> list[str]:
    """Return what a night freezes of the files in `folder`: settings, catalogue, and every plan of a pilot."""
    plans = sorted(path.name for path in (folder / SNAPSHOT_FOLDER).glob("*.yml"))
    return [*SNAPSHOT_FILES, *[f"{SNAPSHOT_FOLDER}/{name}" for name in plans]]


def config_hash(folder: Path) -> str:
    """Return SHA-256 over the settings, the catalogue and the plans of pilots in `folder`, each with its name."""
    digest = hashlib.sha256()
    for name in snapshot_files(folder):
        path = folder / name
        digest.update(name.encode() + b"\0" + (path.read_bytes() if path.is_file() else b"") + b"\0")
    return digest.hexdigest()
