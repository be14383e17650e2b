"""What became of a night's files after its publication: the delivery log, by block, for roles that may see it.

A role sees deliveries where it may see the list `deliveries`; a limit to channels shows those blocks alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from offermill.errors import DeliveryError
from offermill.paths import ShopPaths
from offers.delivery import journal, table
from portal import handing, words
from portal.entering import Entered
from portal.lists import Edition, Listed
from portal.state import Portal, Visitor

NAME = "deliveries"
# The worst of a block's files is what became of the block.
_WORST = ("failed", "begun", "delivered")
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class File:
    """One file of a block: where it went, how often it was tried, and how it ended; times are the shop's own."""

    name: str
    place: str
    status: str
    rows: int
    withheld: int
    tries: int
    first_tried_at: datetime
    ended_at: datetime | None
    problem: str | None


@dataclass(frozen=True)
class Block:
    """All files of a block of one night."""

    name: str
    files: tuple[File, ...]

    @property
    def status(self) -> str:
        """Return failed, begun or delivered: the worst of the files."""
        found = {file.status for file in self.files}
        return next(status for status in _WORST if status in found)

    @property
    def tries(self) -> int:
        return sum(file.tries for file in self.files)

    @property
    def ended_at(self) -> datetime | None:
        """Return when the last file ended; None while one has not."""
        ends = [file.ended_at for file in self.files]
        return None if None in ends else max(end for end in ends if end is not None)


@lru_cache(maxsize=4)
def _rows(folder: Path, size: int, changed: int) -> Sequence[dict[str, Any]]:
    return table.rows(journal.read(folder))


def _read(shop: ShopPaths) -> Sequence[dict[str, Any]]:
    """Return the rows of the log; none when nothing was ever sent.

    Raises:
        DeliveryError: a line was changed or lost.
    """
    path = shop.state / journal.FILE
    if not path.is_file():
        return ()
    state = path.stat()
    return _rows(shop.state, state.st_size, state.st_mtime_ns)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def _file(row: dict[str, Any], zone: ZoneInfo) -> File:
    return File(
        name=row["file"],
        place=row["place"],
        status=row["status"],
        rows=row["row_count"],
        withheld=row["withheld_count"],
        tries=row["attempt_count"],
        first_tried_at=_local(row["first_tried_at"], zone),
        ended_at=_local(row["ended_at"], zone) if row["ended_at"] else None,
        problem=row["problem"],
    )


def of(shop: ShopPaths, edition: str, zone: ZoneInfo) -> list[Block]:
    """Return the blocks of an edition of which something was sent or tried, by name.

    Raises:
        DeliveryError: the log was changed.
    """
    rows = [row for row in _read(shop) if row["edition"] == edition]
    return [
        Block(block, tuple(_file(row, zone) for row in group))
        for block, group in groupby(rows, lambda row: row["block"])
    ]


def may_see(portal: Portal, visitor: Visitor, block: str) -> bool:
    """Return whether a role sees what became of a block."""
    listed = Listed(NAME, NAME, NAME, Path(NAME), (), 0, {"channels": block}, {})
    return "see" in handing.access(portal, visitor, listed)


def is_shown(portal: Portal, visitor: Visitor) -> bool:
    """Return whether there is a page of deliveries for somebody at all."""
    return any(may_see(portal, visitor, block) for block in [*portal.chosen.channels] or [""])


def visible(request: Request, visitor: Visitor, edition: Edition) -> list[Block]:
    """Return the blocks of an edition whose deliveries somebody may see.

    Raises:
        DeliveryError: the log was changed.
    """
    portal: Portal = request.app.state.portal
    blocks = of(portal.shop, edition.name, ZoneInfo(portal.chosen.shop.time_zone))
    return [block for block in blocks if may_see(portal, visitor, block.name)]


def edition_of(request: Request, visitor: Visitor, name: str) -> Edition:
    """Return an edition for somebody who may see deliveries at all.

    Raises:
        HTTPException: 404, there is no such edition, or not for them.
    """
    if not is_shown(request.app.state.portal, visitor):
        raise handing.refuse(request, visitor, 404, "may see no deliveries", edition=name)
    return handing.edition(request, visitor, name)


@router.get("/deliveries/{edition}")
def deliveries(request: Request, visitor: Entered, edition: str) -> HTMLResponse:
    """Show what became of a night's files."""
    portal: Portal = request.app.state.portal
    found = edition_of(request, visitor, edition)
    try:
        shown, is_broken = visible(request, visitor, found), False
    except DeliveryError:
        shown, is_broken = [], True
    return words.page(
        request, "deliveries", visitor=visitor, edition=found, blocks=shown, is_broken=is_broken,
        zone=portal.chosen.shop.time_zone,
    )  # fmt: skip
