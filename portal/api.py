"""The part for programs: JSON under /api, described in /api/openapi.json."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from offermill import publish
from offermill.errors import DeliveryError, PublishError
from portal import deliveries, entering, formats, handing, lists, operation, rights
from portal.entering import Entered
from portal.state import Portal, Visitor

EditionName = Annotated[str, Query(description="Name of an edition, from /api/editions.", max_length=40)]
ListName = Annotated[str, Query(alias="list", description="Name of a list, from /api/lists.", max_length=200)]
FormatName = Annotated[str, Query(description="A format that /api/lists gives for the list.", max_length=20)]
Language = Annotated[str, Query(description="Numbers of the format spreadsheet: en, lv or ru.", pattern="^(en|lv|ru)$")]


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str


class EditionEntry(BaseModel):
    """A publication with lists for you."""

    edition: str
    business_date: date
    version: int
    list_count: int
    problem: str | None = None


class ListEntry(BaseModel):
    """A list that you may see, what you may do with it, and whether you get every row."""

    name: str
    title: str
    section: str
    verbs: list[str]
    formats: list[str]
    is_whole: bool
    row_count: int | None
    bytes: int | None


class DeliveredFile(BaseModel):
    """A file on its way to its target; times are the shop's own, without a zone."""

    name: str
    place: str
    status: str
    rows: int
    withheld: int
    tries: int
    first_tried_at: datetime
    ended_at: datetime | None
    problem: str | None


class DeliveredBlock(BaseModel):
    """A block of channels: what became of its files; the status is the worst of theirs."""

    block: str
    status: str
    files: list[DeliveredFile]


class UnsettledDelivery(BaseModel):
    """A block of a night that did not arrive: failed, begun, none (never sent) or overtaken by a later night.

    `command` sends what is missing; null where nothing is to be sent any more.
    """

    edition: str
    block: str
    kind: str
    problem: str | None
    command: str | None


class Rows(BaseModel):
    """Some rows of a list; cells are texts, null where empty."""

    columns: list[str]
    rows: list[list[str | None]]
    page: int
    has_more: bool


_TOLD = {
    401: "Nobody has logged in.",
    403: "You may see the list, but not this.",
    404: "There is no such thing, or not for you.",
    409: "The file is not the one that was published, or the delivery log was changed.",
    429: "Too many at once, or too many failed log-ins.",
    503: "The audit log cannot be written, so nothing is handed out.",
}
RESPONSES = {status: {"model": Problem, "description": said} for status, said in _TOLD.items()}
router = APIRouter(prefix="/api", dependencies=[Depends(entering.by_password)], responses=RESPONSES)  # type: ignore[arg-type]


@router.get("/editions")
def editions(request: Request, visitor: Entered) -> list[EditionEntry]:
    """Return the publications, the newest first."""
    portal: Portal = request.app.state.portal
    return [_edition(portal, visitor, name) for name in lists.editions(portal.shop)]


def _edition(portal: Portal, visitor: Visitor, name: str) -> EditionEntry:
    """Return an edition; one that is broken hides none of the others."""
    known = {"edition": name, "business_date": lists.day_of(name), "version": publish.version_of(name)}
    try:
        found = lists.edition(portal.shop, name)
    except PublishError:
        return EditionEntry(**known, list_count=0, problem="Its datapackage.json cannot be read.")
    return EditionEntry(**known, list_count=len(handing.visible(portal, visitor, found)) if found else 0)


def _entry(listed: lists.Listed, allowed: rights.Access) -> ListEntry:
    downloads = allowed.get("download", ())
    is_whole = all(rights.is_whole(alternatives) for alternatives in allowed.values())
    return ListEntry(
        name=listed.name,
        title=listed.title,
        section=listed.section,
        verbs=sorted(allowed),
        formats=[one.name for one in formats.offered(listed, downloads)] if downloads else [],
        is_whole=is_whole,
        # How many there are beyond one's own part is nobody's business.
        row_count=listed.rows if is_whole else None,
        bytes=listed.resource["bytes"] if is_whole else None,
    )


@router.get("/lists")
def published_lists(request: Request, visitor: Entered, edition: EditionName) -> list[ListEntry]:
    """Return the lists of an edition that you may see."""
    portal: Portal = request.app.state.portal
    found = handing.edition(request, visitor, edition)
    return [_entry(listed, allowed) for listed, allowed in handing.visible(portal, visitor, found)]


@router.get("/operation")
def unsettled(request: Request, visitor: Entered) -> list[UnsettledDelivery]:
    """Return what of the newest nights did not arrive, of the blocks that you may see, the newest first."""
    operation.check_seen(request, visitor)
    portal: Portal = request.app.state.portal
    try:
        found = list(operation.duties(portal, operation.nights(portal, visitor)))
    except DeliveryError:
        raise handing.refuse(request, visitor, 409, "the delivery log was changed") from None
    return [
        UnsettledDelivery(
            edition=one.night.name, block=one.block, kind=one.kind, problem=one.problem, command=one.command
        )
        for one in found
    ]


@router.get("/deliveries")
def sent(request: Request, visitor: Entered, edition: EditionName) -> list[DeliveredBlock]:
    """Return what became of an edition's files after its publication, of the blocks that you may see."""
    found = deliveries.edition_of(request, visitor, edition)
    try:
        blocks = deliveries.visible(request, visitor, found)
    except DeliveryError:
        raise handing.refuse(request, visitor, 409, "the delivery log was changed", edition=edition) from None
    return [
        DeliveredBlock(block=one.name, status=one.status, files=[DeliveredFile(**vars(file)) for file in one.files])
        for one in blocks
    ]


@router.get("/preview")
def preview(
    request: Request,
    visitor: Entered,
    edition: EditionName,
    name: ListName,
    page: Annotated[int, Query(ge=1, le=handing.PREVIEW_PAGES)] = 1,
) -> Rows:
    """Return 50 of the first rows of a list."""
    _, found = handing.preview(request, visitor, edition, name, page)
    columns = [field.name for field in found.fields]
    return Rows(columns=columns, rows=[list(row) for row in found.rows], page=page, has_more=found.has_more)


@router.get(
    "/download",
    response_class=StreamingResponse,
    responses={200: {"content": {one.media.split(";")[0]: {} for one in (*formats.TABLE_FORMATS, formats.PUBLISHED)}}},
)
def download(
    request: Request,
    visitor: Entered,
    edition: EditionName,
    name: ListName,
    format_name: Annotated[FormatName, Query(alias="format")] = "csv",
    language: Language = "en",
) -> StreamingResponse:
    """Return a list as a file."""
    return handing.download(request, visitor, edition, name, format_name, language)
