"""The pages for people: log in, nights, lists of a night, the first rows of a list, download."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.responses import StreamingResponse

from offermill import publish
from offermill.errors import PublishError
from portal import cells, deliveries, entering, formats, handing, lists, rights, titles, users, words
from portal.entering import Entered
from portal.state import Portal, Visitor

_NIGHTS = 31  # nights on a page
_FORM_COOKIE = "offermill-form"
_FORM_SECONDS = 3600

router = APIRouter(include_in_schema=False)
own_login = APIRouter(include_in_schema=False)


def cookie_flags(portal: Portal) -> dict[str, Any]:
    """Return what every cookie of ours carries."""
    return {"httponly": True, "secure": portal.is_secure, "samesite": "lax", "path": "/"}


def login_page(request: Request, status: int = 200, said: str | None = None) -> HTMLResponse:
    """Return the form to log in; its token belongs to a cookie of this browser."""
    portal: Portal = request.app.state.portal
    known = portal.sessions.unsigned(request.cookies.get(_FORM_COOKIE))
    number = known or secrets.token_urlsafe(16)
    token = portal.sessions.form_token(number)
    provider = portal.chosen.portal.oidc
    elsewhere = provider.name if provider else None
    response = words.page(request, "login", status=status, said=said, form_token=token, elsewhere=elsewhere)
    signed = portal.sessions.signed(number)
    response.set_cookie(_FORM_COOKIE, signed, max_age=_FORM_SECONDS, **cookie_flags(portal))
    return response


def own_address(request: Request, path: str) -> str:
    """Return a path of ours as others must name it."""
    portal: Portal = request.app.state.portal
    return (portal.chosen.portal.public_url or str(request.base_url).rstrip("/")) + path


@own_login.get("/login")
def login(request: Request, left: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show the form to log in; with ?left=here to somebody whom the identity provider may still know."""
    if request.state.visitor is not None:
        return RedirectResponse(request.scope.get("root_path", "") + "/", 303)
    return login_page(request, said="left_here" if left == "here" else None)


def _enter(request: Request, user: users.User) -> Response:
    """Begin a session, log it, and go to the nights."""
    portal: Portal = request.app.state.portal
    portal.note("login", user=user.name, address=handing.address(request))
    _, cookie = portal.sessions.begin(user.name, user.stamp, portal.clock())
    return entered(portal, cookie)


def entered(portal: Portal, cookie: str) -> Response:
    """Return the way to the nights, with the cookie of a new session."""
    response = RedirectResponse("/", 303)
    length = portal.chosen.portal.session_minutes * 60
    response.set_cookie(portal.cookie, cookie, max_age=length, **cookie_flags(portal))
    response.delete_cookie(_FORM_COOKIE)
    return response


@own_login.post("/login")
def send_login(
    request: Request,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> Response:
    """Log in with name and password."""
    portal: Portal = request.app.state.portal
    bound_to = portal.sessions.unsigned(request.cookies.get(_FORM_COOKIE))
    if not portal.sessions.is_form_token(token, bound_to):
        return login_page(request, 403, "stale")
    try:
        user = entering.log_in(request, name.strip().lower(), password)
    except entering.LoginClosedError:
        return login_page(request, 429, "closed")
    return _enter(request, user) if user else login_page(request, 401, "wrong")


def _night(portal: Portal, visitor: Visitor, name: str) -> dict[str, Any] | None:
    try:
        found = lists.edition(portal.shop, name)
    except PublishError:
        # One that is broken hides none of the others.
        return {"name": name, "day": lists.day_of(name), "version": publish.version_of(name), "is_broken": True}
    if found is None:
        return None
    seen = handing.visible(portal, visitor, found)
    return {"name": found.name, "day": found.day, "version": found.version, "lists": len(seen), "is_broken": False}


@router.get("/")
def nights(request: Request, visitor: Entered, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> HTMLResponse:
    """Show the nights, the newest first."""
    portal: Portal = request.app.state.portal
    names = lists.editions(portal.shop)
    here = names[(page - 1) * _NIGHTS : page * _NIGHTS]
    shown = [night for name in here if (night := _night(portal, visitor, name))]
    has_more = len(names) > page * _NIGHTS
    sent = deliveries.is_shown(portal, visitor)
    return words.page(request, "nights", visitor=visitor, nights=shown, page=page, has_more=has_more, sent=sent)


def _row(request: Request, listed: lists.Listed, allowed: rights.Access) -> dict[str, Any]:
    portal: Portal = request.app.state.portal
    downloads, is_whole = allowed.get("download", ()), all(rights.is_whole(one) for one in allowed.values())
    # The number of a few people is not shown to those who may not look at them either.
    is_hidden = set(allowed) == {"see"} and 0 < listed.rows < portal.chosen.publish.minimum_cell
    return {
        "name": listed.name,
        "title": titles.of(listed, words.language_of(request, portal)),
        "section": listed.section,
        "rows": listed.rows if is_whole and not is_hidden else None,
        "is_whole": is_whole,
        "has_preview": "preview" in allowed and listed.is_table,
        "formats": [one.name for one in formats.offered(listed, downloads)] if downloads else [],
    }


@router.get("/editions/{edition}")
def published_lists(request: Request, visitor: Entered, edition: str) -> HTMLResponse:
    """Show the lists of a night."""
    portal: Portal = request.app.state.portal
    found = handing.edition(request, visitor, edition)
    rows = [_row(request, listed, allowed) for listed, allowed in handing.visible(portal, visitor, found)]
    sections = {name: [row for row in rows if row["section"] == name] for name in lists.SECTIONS}
    sent = deliveries.is_shown(portal, visitor)
    return words.page(request, "lists", visitor=visitor, edition=found, sections=sections, sent=sent)


@router.get("/editions/{edition}/{name}")
def preview(
    request: Request,
    visitor: Entered,
    edition: str,
    name: str,
    page: Annotated[int, Query(ge=1, le=handing.PREVIEW_PAGES)] = 1,
) -> HTMLResponse:
    """Show some of the first rows of a list."""
    portal: Portal = request.app.state.portal
    listed, found = handing.preview(request, visitor, edition, name, page)
    published = handing.edition(request, visitor, edition)
    row = _row(request, listed, handing.access(portal, visitor, listed))
    language = words.language_of(request, portal)
    shown = [
        [_shown(cell, field.kind, language) for cell, field in zip(one, found.fields, strict=False)]
        for one in found.rows
    ]
    return words.page(
        request,
        "preview",
        visitor=visitor,
        edition=published,
        list=row,
        fields=found.fields,
        rows=shown,
        page=page,
        has_more=found.has_more,
        most=handing.PREVIEW_ROWS * handing.PREVIEW_PAGES,
    )


def _shown(cell: str | None, kind: str, language: str) -> str | None:
    is_comma = kind == "number" and cell and language in cells.DECIMAL_COMMA and cells.is_number(cell)
    return cell.replace(".", ",") if is_comma and cell else cell


@router.get("/download/{edition}/{name}/{format_name}")
def download(request: Request, visitor: Entered, edition: str, name: str, format_name: str) -> StreamingResponse:
    """Download a list."""
    language = words.language_of(request, request.app.state.portal)
    return handing.download(request, visitor, edition, name, format_name, language)


@router.get("/static/{file}")
def style(file: str) -> Response:
    """Return the style sheet, the one file that a cache may keep: its name changes with it."""
    name, text = words.style()
    if file != name:
        return Response(status_code=404)
    return Response(text, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})
