"""Who asks: by the session's cookie, or by user and password with each request (for programs)."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from portal import users
from portal.handing import address
from portal.state import Portal, Visitor

BASIC = HTTPBasic(auto_error=False, description="Name and password of a user of the portal.")
_ASK = {"WWW-Authenticate": 'Basic realm="Offermill", charset="UTF-8"'}


class LoginClosedError(Exception):
    """Too many log-ins failed: no password is looked at for a while."""


def by_session(request: Request) -> None:
    """Find out who asks by the cookie; nobody, when there is no open session."""
    portal: Portal = request.app.state.portal
    session = portal.sessions.find(request.cookies.get(portal.cookie), portal.clock())
    request.state.visitor = portal.visitor(session) if session else None
    if request.state.visitor is not None and session and session.way_out:
        # The form to log out leads on to the provider.
        request.state.form_target = session.way_out.origin


def log_in(request: Request, name: str, password: str) -> users.User | None:
    """Return the user; log success, failure and the first refusal to look at all.

    Raises:
        LoginClosedError: too many failures of this user or from this address.
    """
    portal: Portal = request.app.state.portal
    place = address(request)
    _check_open(portal, name, place)
    with users.CHECKS:
        # Whoever guesses many at once waited here while the others failed.
        _check_open(portal, name, place)
        user = users.authenticated(portal.shop, name, password)
        if user is None:
            portal.attempts.failed(name, place, portal.clock())
    if user is not None:
        portal.attempts.succeeded(name, place)
        return user
    # A name that nobody has may be a password typed into the wrong field: it is not written down.
    known = name if name in users.read(portal.shop) else None
    is_closed = portal.attempts.is_closed(name, place, portal.clock())
    portal.note("login failed", user=known, address=place, is_closed_now=is_closed)
    return None


def _check_open(portal: Portal, name: str, place: str) -> None:
    if portal.attempts.is_closed(name, place, portal.clock()):
        raise LoginClosedError


def by_password(request: Request, given: Annotated[HTTPBasicCredentials | None, Depends(BASIC)]) -> None:
    """Take user and password sent with the request, where the portal has users of its own."""
    portal: Portal = request.app.state.portal
    if request.state.visitor is not None or given is None or not portal.has_login:
        return
    try:
        user = log_in(request, given.username, given.password)
    except LoginClosedError:
        raise HTTPException(429, headers={"Retry-After": "60"}) from None
    if user is not None:
        request.state.visitor = Visitor(user.name, user.roles)


def entered(request: Request) -> Visitor:
    """Return who asks.

    Raises:
        HTTPException: 401, nobody has logged in.
    """
    visitor: Visitor | None = request.state.visitor
    if visitor is None:
        raise HTTPException(401, headers=_ASK if request.scope["path"].startswith("/api/") else None)
    return visitor


Entered = Annotated[Visitor, Depends(entered)]
