"""The portal's words in three languages, and its pages: templates in which everything is escaped."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from offermill.report import assets
from offermill.report.environment import environment
from offermill.report.numbers import Formats
from portal.state import Portal, Visitor

LANGUAGES = ("en", "lv", "ru")
COOKIE = "offermill-language"
_FOLDER = Path(__file__).parent
_A_YEAR = 31_536_000


@cache
def texts(language: str) -> Mapping[str, Any]:
    """Return every word of the portal in a language."""
    found: Mapping[str, Any] = yaml.safe_load((_FOLDER / "texts" / f"{language}.yml").read_text(encoding="utf-8"))
    return found


@cache
def style() -> tuple[str, str]:
    """Return the style sheet as (file name, text): the pages' own and what the portal adds."""
    text = assets.style() + (_FOLDER / "static" / "portal.css").read_text(encoding="utf-8")
    return f"portal-{hashlib.sha256(text.encode()).hexdigest()[:12]}.css", text


@cache
def _environment(formats: Formats) -> Environment:
    return environment(_FOLDER / "templates", formats)


def _accepted(header: str) -> str | None:
    """Return the first of our languages that a browser names."""
    named = [part.split(";")[0].strip()[:2].lower() for part in header.split(",")]
    return next((language for language in named if language in LANGUAGES), None)


def language_of(request: Request, portal: Portal) -> str:
    """Return the language: asked for now, chosen before, the browser's, the shop's."""
    candidates = (
        request.query_params.get("language"),
        request.cookies.get(COOKIE),
        _accepted(request.headers.get("accept-language", "")),
    )
    return next((one for one in candidates if one in LANGUAGES), None) or portal.chosen.shop.default_language


def page(
    request: Request, template: str, /, *, visitor: Visitor | None = None, status: int = 200, **values: object
) -> HTMLResponse:
    """Return a page in the reader's language; a language asked for with ?language= is remembered."""
    portal: Portal = request.app.state.portal
    shop, language = portal.chosen.shop, language_of(request, portal)
    formats = Formats(language, shop.currency, shop.currency_digits, portal.chosen.publish.minimum_cell)
    token = portal.sessions.form_token(visitor.session) if visitor and visitor.session else None
    frame = {
        "t": texts(language),
        "language": language,
        "languages": LANGUAGES,
        "shop": shop.name,
        "base": request.scope.get("root_path", ""),
        "style": style()[0],
        "visitor": visitor,
        "token": token,
        "has_login": portal.has_login,
    }
    html = _environment(formats).get_template(f"{template}.html.j2").render(frame | values)
    response = HTMLResponse(html, status)
    if request.query_params.get("language") == language:
        flags = {"httponly": True, "secure": portal.is_secure, "samesite": "lax"}
        response.set_cookie(COOKIE, language, max_age=_A_YEAR, **flags)  # type: ignore[arg-type]
    return response
