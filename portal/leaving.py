"""Logging out: here, and at the identity provider where somebody logged in there.

OpenID Connect RP-Initiated Logout 1.0. The provider's address and the ID token were kept with the session when it
began: whoever leaves does not wait for the provider's description, and is logged out here whatever becomes of the rest.
"""

import hmac
import secrets
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from portal import handing, pages
from portal.entering import Entered
from portal.sessions import WayOut
from portal.state import Portal

_LEFT = "/oidc/left"
_SECONDS = 600  # to come back from the provider
# Longer addresses are refused by proxies; the provider then asks whom to log out.
_LONGEST_HINT = 4_096
router = APIRouter(include_in_schema=False)


def _cookie(portal: Portal) -> str:
    return f"{portal.cookie}-left"


def _address(request: Request, way_out: WayOut, state: str) -> str:
    """Return where the provider ends its session."""
    oidc = request.app.state.portal.chosen.portal.oidc
    asked = {
        "client_id": oidc.client_id,
        "post_logout_redirect_uri": pages.own_address(request, _LEFT),
        "state": state,
    }
    if len(way_out.id_token) <= _LONGEST_HINT:
        asked["id_token_hint"] = way_out.id_token
    return f"{way_out.address}{'&' if urlsplit(way_out.address).query else '?'}{urlencode(asked)}"


def _there(request: Request, way_out: WayOut) -> Response:
    """Send the browser on to the provider, with a cookie by which its answer is known."""
    portal: Portal = request.app.state.portal
    state = secrets.token_urlsafe(24)
    response = RedirectResponse(_address(request, way_out, state), 303)
    signed = portal.sessions.signed(state)
    response.set_cookie(_cookie(portal), signed, max_age=_SECONDS, **pages.cookie_flags(portal))
    return response


@router.post("/logout")
def logout(request: Request, visitor: Entered, token: Annotated[str, Form()] = "") -> Response:
    """End the session, and the provider's where it publishes how."""
    portal: Portal = request.app.state.portal
    if not portal.sessions.is_form_token(token, visitor.session):
        raise handing.refuse(request, visitor, 403, "form of a foreign page")
    session = portal.sessions.find(request.cookies.get(portal.cookie), portal.clock())
    portal.sessions.end(visitor.session or "")
    portal.note("logout", user=visitor.name, address=handing.address(request))
    if session and session.way_out:
        response = _there(request, session.way_out)
    else:
        response = RedirectResponse("/login?left=here" if session and session.subject else "/login", 303)
    response.delete_cookie(portal.cookie, **pages.cookie_flags(portal))
    return response


@router.get(_LEFT)
def left(request: Request, state: Annotated[str, Query(max_length=4_096)] = "") -> Response:
    """Say that one is logged out, in the browser that asked for it; others are shown the form to log in."""
    portal: Portal = request.app.state.portal
    known = portal.sessions.unsigned(request.cookies.get(_cookie(portal))) or ""
    if request.state.visitor is not None or not known or not hmac.compare_digest(known.encode(), state.encode()):
        return RedirectResponse(request.scope.get("root_path", "") + "/login", 303)
    response = pages.login_page(request, said="left")
    response.delete_cookie(_cookie(portal), **pages.cookie_flags(portal))
    return response
