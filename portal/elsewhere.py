"""Logging in at the identity provider: there and back again, once, in the same browser, within ten minutes."""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from portal import handing, pages, store
from portal.oidc import Begun, Person, RefusedError
from portal.state import Portal

_SECONDS = 600
_OPEN = 10_000  # so many log-ins on their way at once; the oldest are forgotten first
_BACK = "/oidc/back"
router = APIRouter(include_in_schema=False)
Answered = Annotated[str, Query(max_length=4_096)]


def _cookie(portal: Portal) -> str:
    return f"{portal.cookie}-oidc"


def _hash(state: str) -> str:
    return sha256(state.encode()).hexdigest()


def _remember(portal: Portal, browser: str, begun: Begun) -> None:
    now = portal.clock()
    row = (_hash(begun.state), browser, begun.nonce, begun.verifier, store.text(now + timedelta(seconds=_SECONDS)))
    with store.opened(portal.shop, is_writing=True) as database:
        database.execute("delete from begun where ends <= ?", (store.text(now),))
        database.execute("insert into begun values (?, ?, ?, ?, ?)", row)
        database.execute(
            "delete from begun where rowid in (select rowid from begun order by rowid desc limit -1 offset ?)", (_OPEN,)
        )


def _recall(portal: Portal, browser: str | None, state: str) -> Begun | None:
    """Return the log-in that this browser began with this state, once."""
    wanted = "delete from begun where state_hash = ? and browser = ? and ends > ? returning nonce, verifier"
    with store.opened(portal.shop, is_writing=True) as database:
        rows = database.execute(wanted, (_hash(state), browser or "", store.text(portal.clock()))).fetchall()
    return Begun(state, *rows[0]) if rows else None


def _guest(request: Request) -> str:
    """Return the name under which failures of an address are counted; they close nobody else out."""
    return f"oidc {handing.address(request)}"


@router.get("/oidc/login")
def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    portal: Portal = request.app.state.portal
    if portal.attempts.is_closed(_guest(request), handing.address(request), portal.clock()):
        return pages.login_page(request, 429, "closed")
    browser = portal.sessions.unsigned(request.cookies.get(_cookie(portal))) or secrets.token_urlsafe(24)
    begun = Begun.now()
    try:
        there = request.app.state.provider.address(begun, pages.own_address(request, _BACK))
    except RefusedError as problem:
        return _failed(request, str(problem))
    _remember(portal, browser, begun)
    response = RedirectResponse(there, 303)
    signed = portal.sessions.signed(browser)
    response.set_cookie(_cookie(portal), signed, max_age=_SECONDS, **pages.cookie_flags(portal))
    return response


@router.get(_BACK)
def back(
    request: Request, code: Answered = "", state: Answered = "", iss: Answered = "", error: Answered = ""
) -> Response:
    """Let in whom the provider vouches for, if shop.yml gives them a role."""
    portal: Portal = request.app.state.portal
    browser = portal.sessions.unsigned(request.cookies.get(_cookie(portal)))
    begun = _recall(portal, browser, state)
    if begun is None:
        return pages.login_page(request, 403, "stale")
    if iss and iss != request.app.state.provider.issuer:
        return _failed(request, "the answer is another provider's")
    if error or not code:
        return _failed(request, f"the provider says {error[:80]!r}")
    try:
        person: Person = request.app.state.provider.person(code, begun, pages.own_address(request, _BACK))
    except RefusedError as problem:
        return _failed(request, str(problem))
    return _enter(request, person)


def _failed(request: Request, why: str) -> Response:
    portal: Portal = request.app.state.portal
    portal.attempts.failed(_guest(request), handing.address(request), portal.clock())
    portal.note("login failed", user=None, address=handing.address(request), why=why)
    return pages.login_page(request, 401, "elsewhere")


def _enter(request: Request, person: Person) -> Response:
    """Begin a session, log it, and go to the nights; without a role there is none."""
    portal: Portal = request.app.state.portal
    chosen = portal.chosen.portal.oidc
    known = {"user": f"oidc:{person.name}", "subject": person.subject, "address": handing.address(request)}
    if chosen is None or not chosen.roles_of(person.groups):
        portal.note("login failed", **known, why="no group with a role under portal.oidc.roles")
        return pages.login_page(request, 403, "roleless")
    portal.note("login", **known)
    _, cookie = portal.sessions.begin(
        known["user"], chosen.stamp, portal.clock(), subject=person.subject, groups=person.groups,
        way_out=person.way_out,
    )  # fmt: skip
    return pages.entered(portal, cookie)
