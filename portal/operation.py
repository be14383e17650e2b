"""The nights beside each other, for whoever keeps them running: what arrived of each channel, and what is to be done.

Seen by roles that see deliveries (`portal.deliveries`), each its channels alone.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from offermill import publish
from offermill.errors import DeliveryError
from portal import deliveries, handing, lists, words
from portal.deliveries import Block
from portal.entering import Entered
from portal.state import Portal, Visitor

NIGHTS = 31  # nights on the page, the newest
NONE, OVERTAKEN = "none", "overtaken"
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Night:
    """An edition and what became of its blocks.

    Attributes:
        results: block -> delivered, failed, begun or none.
        problems: block -> the first of its files' errors.
    """

    name: str
    day: date
    version: int
    results: Mapping[str, str]
    problems: Mapping[str, str]


@dataclass(frozen=True)
class Duty:
    """Something that did not arrive.

    Attributes:
        kind: failed, begun, none (nothing was sent), or overtaken (a later night of the block arrived).
        command: sends what is missing; None where nothing is to be sent any more.
    """

    night: Night
    block: str
    kind: str
    problem: str | None
    command: str | None


def _blocks(portal: Portal, visitor: Visitor) -> list[str]:
    """Return the blocks that have a target and that somebody may see."""
    named = [name for name, block in portal.chosen.channels.items() if block.delivery is not None]
    return [name for name in named if deliveries.may_see(portal, visitor, name)]


def _night(name: str, seen: Sequence[Block], expected: Sequence[str]) -> Night:
    results = dict.fromkeys(expected, NONE) | {block.name: block.status for block in seen}
    problems = {
        block.name: next((file.problem for file in block.files if file.problem), "")
        for block in seen
        if block.status != "delivered"
    }
    return Night(name, lists.day_of(name), publish.version_of(name), results, problems)


def nights(portal: Portal, visitor: Visitor) -> list[Night]:
    """Return the newest nights with what somebody may see of their deliveries.

    Raises:
        DeliveryError: the log was changed.
    """
    expected, zone = _blocks(portal, visitor), ZoneInfo(portal.chosen.shop.time_zone)
    found = []
    for name in lists.editions(portal.shop)[:NIGHTS]:
        seen = [
            block for block in deliveries.of(portal.shop, name, zone) if deliveries.may_see(portal, visitor, block.name)
        ]
        found.append(_night(name, seen, expected))
    return found


def duties(portal: Portal, shown: Sequence[Night]) -> Iterator[Duty]:
    """Yield what did not arrive, the newest first; of a night that was never sent, only the newest counts."""
    arrived: set[str] = set()
    for place, night in enumerate(shown):
        for block, result in night.results.items():
            if result == "delivered" or (result == NONE and place > 0):
                continue
            kind = OVERTAKEN if block in arrived else result
            yield Duty(night, block, kind, night.problems.get(block) or None, _command(portal, night, block, kind))
        arrived |= {block for block, result in night.results.items() if result == "delivered"}


def _command(portal: Portal, night: Night, block: str, kind: str) -> str | None:
    if kind == OVERTAKEN:
        return None
    return shlex.join(
        ["bin/offermill", "deliver", "--shop", portal.shop.folder.name, "--date", f"{night.day}", "--block", block]
    )


def check_seen(request: Request, visitor: Visitor) -> None:
    """Refuse whoever may see no deliveries.

    Raises:
        HTTPException: 404.
    """
    if not deliveries.is_shown(request.app.state.portal, visitor):
        raise handing.refuse(request, visitor, 404, "may see no deliveries")


@router.get("/operation")
def operation(request: Request, visitor: Entered) -> HTMLResponse:
    """Show the nights by channel, and what to do."""
    portal: Portal = request.app.state.portal
    check_seen(request, visitor)
    try:
        shown, is_broken = nights(portal, visitor), False
    except DeliveryError:
        shown, is_broken = [], True
    blocks = sorted({block for night in shown for block in night.results})
    due = list(duties(portal, shown))
    return words.page(
        request, "operation", visitor=visitor, nights=shown, blocks=blocks, duties=due, is_broken=is_broken, most=NIGHTS
    )
