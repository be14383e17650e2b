"""What every answer carries, and how large a question may be."""

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BODY_BYTES = 16_384  # forms hold a name and a password
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action {targets}; base-uri 'none'; "
    "frame-ancestors 'none'"
)
POLICY = _POLICY.format(targets="'self'")
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
}
_HTTPS_ALONE = "max-age=31536000"


def policy_with(target: str) -> str:
    """Return the policy for somebody whose forms may lead on to `target`, an origin such as https://login.example."""
    return _POLICY.format(targets=f"'self' {target}")


class Headers:
    """Adds the headers; nothing personal is ever kept by a cache between."""

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        self._app = app
        self._headers = _ALWAYS | ({"Strict-Transport-Security": _HTTPS_ALONE} if is_secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = 0

        async def bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > _BODY_BYTES:
                raise HTTPException(413)
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.update(self._headers)
                if target := scope.get("state", {}).get("form_target"):
                    headers["Content-Security-Policy"] = policy_with(target)
            await send(message)

        await self._app(scope, bounded, with_headers)
