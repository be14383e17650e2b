"""The application: pages and API over one shop's publications."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from offermill.errors import PublishError
from portal import api, audit, deliveries, elsewhere, entering, leaving, oidc, operation, pages, store, words
from portal.headers import Headers
from portal.state import Portal

_PATH = "/api/openapi.json"


def _path(request: Request) -> str:
    """Return the path without what the portal is mounted under."""
    path, root = str(request.scope["path"]), str(request.scope.get("root_path", ""))
    return path.removeprefix(root) if root and path.startswith(root) else path


def _answer(request: Request, status: int, headers: Any = None) -> Response:
    if _path(request).startswith("/api/"):
        return JSONResponse({"detail": HTTPStatus(status).phrase}, status, headers)
    portal: Portal = request.app.state.portal
    visitor = getattr(request.state, "visitor", None)
    if status == HTTPStatus.UNAUTHORIZED and portal.has_login:
        return RedirectResponse("/login", 303)
    page = words.page(request, "refused", visitor=visitor, status=status, code=str(status))
    page.headers.update(headers or {})
    return page


def _refused(request: Request, problem: Exception) -> Response:
    status, headers = (problem.status_code, problem.headers) if isinstance(problem, HTTPException) else (500, None)
    return _answer(request, status, headers)


def _invalid(request: Request, problem: Exception) -> Response:
    return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY)


def _not_as_published(request: Request, problem: Exception) -> Response:
    """A changed file is nobody's to have; an audit log that cannot be written stops everything, as do lost sessions."""
    is_ours = any(name in str(problem) for name in (audit.FILE, audit.HEAD, store.FILE))
    return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE if is_ours else HTTPStatus.CONFLICT)


def _add_provider(app: FastAPI, portal: Portal) -> None:
    """Let people log in at the identity provider, where shop.yml names one."""
    if portal.chosen.portal.oidc is not None:
        app.state.provider = oidc.Provider(portal.chosen.portal.oidc, portal.clock)
        app.include_router(elsewhere.router)


def make(
    portal: Portal, identify: Callable[..., Any] = entering.by_session, *, hosts: Sequence[str] = ("*",)
) -> FastAPI:
    """Return the application.

    Args:
        identify: dependency that sets `request.state.visitor`; the session's cookie unless said otherwise.
        hosts: names under which people reach it; a request for another is refused.
    """
    app = FastAPI(
        title="Offermill downloads",
        openapi_url=_PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(identify)],
    )
    app.state.portal = portal
    app.include_router(api.router)
    app.include_router(pages.router)
    app.include_router(deliveries.router)
    app.include_router(operation.router)
    if portal.has_login:
        app.include_router(pages.own_login)
        app.include_router(leaving.router)
        _add_provider(app, portal)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(PublishError, _not_as_published)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.add_middleware(Headers, is_secure=portal.is_secure)
    return app
