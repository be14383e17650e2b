"""Where things lie: the repository's trees, and the files of one shop."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "sql"
EXPECTATIONS = ROOT / "expectations"


@dataclass(frozen=True)
class ShopPaths:
    """The files of one shop; `folder` holds what people write and what a run makes."""

    folder: Path

    @property
    def settings(self) -> Path:
        return self.folder / "shop.yml"

    @property
    def catalogue(self) -> Path:
        return self.folder / "offers.yml"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def runs(self) -> Path:
        """Snapshots of the settings and the catalogue, one folder per business date."""
        return self.folder / "runs"

    @property
    def state(self) -> Path:
        """Work in progress that a later step of the same night finishes."""
        return self.folder / "state"
