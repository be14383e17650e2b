"""Handing out: whatever is seen, previewed or downloaded passes here, with the right to it and a line in the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from threading import BoundedSemaphore

from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse

from offermill.settings_portal import Verb
from portal import formats, lists, records, rights
from portal.formats import Alternatives, Asked, Format
from portal.lists import Edition, Listed
from portal.state import Portal, Visitor

PREVIEW_ROWS = 50
PREVIEW_PAGES = 20
# Workbooks and Parquet files are made on disk by a whole processor; more at once wait, then are told to come again.
_MAKING = BoundedSemaphore(2)
_WAIT_SECONDS = 20.0
_MADE = ("xlsx", "parquet")


@dataclass(frozen=True)
class Preview:
    """Some rows of a list.

    Attributes:
        rows: text cells in the order of `fields`.
        has_more: a further page may be looked at.
    """

    fields: tuple[lists.Field, ...]
    rows: list[records.Cells]
    page: int
    has_more: bool


def address(request: Request) -> str:
    """Return the network address that asks."""
    return request.client.host if request.client else "unknown"


def refuse(request: Request, visitor: Visitor, status: int, why: str, **asked: object) -> HTTPException:
    """Write a refusal into the log and return it; people learn no more than that there is nothing for them."""
    portal: Portal = request.app.state.portal
    # What was asked for may be anything: it is kept short.
    kept = {name: str(value)[:200] for name, value in asked.items()}
    portal.note("refusal", user=visitor.name, address=address(request), why=why, **kept)
    return HTTPException(status)


def edition(request: Request, visitor: Visitor, name: str) -> Edition:
    """Return a publication that is there."""
    portal: Portal = request.app.state.portal
    found = lists.edition(portal.shop, name)
    if found is None:
        raise refuse(request, visitor, 404, "no such edition", edition=name)
    return found


def access(portal: Portal, visitor: Visitor, listed: Listed) -> rights.Access:
    """Return what somebody may do with a list."""
    return rights.access(portal.chosen.portal, visitor.roles, listed)


def visible(portal: Portal, visitor: Visitor, found: Edition) -> list[tuple[Listed, rights.Access]]:
    """Return the lists that somebody may see, with what they may do with each."""
    listed = [(one, access(portal, visitor, one)) for one in found.lists.values()]
    return [(one, allowed) for one, allowed in listed if "see" in allowed]


def allowed(
    request: Request, visitor: Visitor, edition_name: str, list_name: str, verb: Verb
) -> tuple[Edition, Listed, Alternatives]:
    """Return a list and the rows of it that may be had; refuse what is not there as what is not allowed.

    Raises:
        HTTPException: 404 where the visitor may not even see the list, 403 where the verb is missing.
    """
    portal: Portal = request.app.state.portal
    found = edition(request, visitor, edition_name)
    listed = found.lists.get(list_name)
    granted = access(portal, visitor, listed) if listed else {}
    asked = {"edition": found.name, "list": list_name, "verb": verb}
    if listed is None or "see" not in granted:
        raise refuse(request, visitor, 404, "no such list, or not for this role", **asked)
    if verb not in granted:
        raise refuse(request, visitor, 403, f"may not {verb}", **asked)
    return found, listed, granted[verb]


def preview(request: Request, visitor: Visitor, edition_name: str, list_name: str, page: int) -> tuple[Listed, Preview]:
    """Return one page of the first rows; every look is logged."""
    portal: Portal = request.app.state.portal
    found, listed, alternatives = allowed(request, visitor, edition_name, list_name, "preview")
    if not listed.is_table or not 1 <= page <= PREVIEW_PAGES:
        raise refuse(request, visitor, 404, "nothing to preview", edition=found.name, list=listed.name, page=page)
    lists.check(listed)
    start = (page - 1) * PREVIEW_ROWS
    with records.readable(listed):
        (_, names), rows = records.header_and_records(listed, alternatives)
        shown = [cells for _, cells in islice(rows, start, start + PREVIEW_ROWS + 1)]
    facts = {"user": visitor.name, "address": address(request), "edition": found.name, "list": listed.name}
    portal.note("preview", **facts, page=page, rows=len(shown[:PREVIEW_ROWS]))
    has_more = len(shown) > PREVIEW_ROWS and page < PREVIEW_PAGES
    fields = tuple(formats.columns(listed, names))
    return listed, Preview(fields, shown[:PREVIEW_ROWS], page, has_more)


def _format(listed: Listed, alternatives: Alternatives, name: str) -> Format | None:
    return next((one for one in formats.offered(listed, alternatives) if one.name == name), None)


def download(
    request: Request, visitor: Visitor, edition_name: str, list_name: str, format_name: str, language: str
) -> StreamingResponse:
    """Return a list as a stream. It is logged before its first byte leaves, and again when the last has left."""
    portal: Portal = request.app.state.portal
    found, listed, alternatives = allowed(request, visitor, edition_name, list_name, "download")
    chosen = _format(listed, alternatives, format_name)
    if chosen is None:
        asked = {"edition": found.name, "list": listed.name, "format": format_name}
        raise refuse(request, visitor, 404, "no such format of this list", **asked)
    lists.check(listed)
    asked_for = Asked(found, listed, alternatives, chosen, language)
    facts = {
        "user": visitor.name,
        "address": address(request),
        "edition": found.name,
        "list": listed.name,
        "format": chosen.name,
        "is_whole": asked_for.is_whole,
    }
    portal.note("download", **facts)
    with _turn(is_made=chosen.name in _MADE), records.readable(listed):
        pieces = formats.stream(asked_for, portal.folder)
    headers = {"Content-Disposition": f'attachment; filename="{asked_for.file_name}"'}
    return StreamingResponse(_noted(portal, pieces, facts), media_type=chosen.media, headers=headers)


@contextmanager
def _turn(*, is_made: bool) -> Iterator[None]:
    """Wait for one of the few places in which a file is made; who waits too long is told to come again."""
    if is_made and not _MAKING.acquire(timeout=_WAIT_SECONDS):
        raise HTTPException(429, headers={"Retry-After": "60"})
    try:
        yield
    finally:
        if is_made:
            _MAKING.release()


def _noted(portal: Portal, pieces: Iterator[bytes], facts: dict[str, object]) -> Iterator[bytes]:
    """Pass the pieces on; at the end, or where it broke off, log how much left and its hash."""
    digest, sent, is_complete = sha256(), 0, False
    try:
        for piece in pieces:
            digest.update(piece)
            sent += len(piece)
            yield piece
        is_complete = True
    finally:
        portal.note("downloaded", **facts, bytes=sent, sha256=digest.hexdigest(), is_complete=is_complete)
