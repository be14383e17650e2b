"""A small OpenID Connect provider on a port of this machine: real redirects, real signatures, and faults on demand."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwk, jwt
from joserfc.util import urlsafe_b64encode

CLIENT, SECRET = "offermill", "the portal's secret there"
ACCESS = secrets.token_urlsafe(8)
# 2,048 bits take a second to make; one key serves all tests.
KEY = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
OTHER_KEY = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)


@dataclass
class Provider:
    """Knows one person, who always agrees.

    Attributes:
        now: its clock, seconds since 1970.
        claims: of the person; replaces what a token would say.
        left_out: claims that tokens lack.
        sign: makes a token from its claims.
        keys: what it publishes.
        userinfo: what it says of the person to whoever has the access token.
        codes: given out and not yet used: what the log-in asked for.
        end: path at which people log out; None where it publishes none.
        ended: subjects who logged out.
    """

    now: int
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    signing: Any = None
    key: jwk.RSAKey = field(default_factory=lambda: KEY)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    userinfo: dict[str, Any] = field(default_factory=lambda: {"sub": "248289761001"})
    end: str | None = "/end"
    ended: list[str] = field(default_factory=list)

    def token(self, login: dict[str, str]) -> str:
        """Return the ID token in answer to a log-in."""
        told = {
            "iss": self.issuer, "aud": login["client_id"], "nonce": login["nonce"], "sub": "248289761001",
            "iat": self.now, "exp": self.now + 300, "preferred_username": "anna", "groups": ["staff", "marketing"],
        } | self.claims  # fmt: skip
        told = {name: value for name, value in told.items() if name not in self.left_out}
        return (self.signing or signed)(told)

    def description(self) -> dict[str, str]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        } | ({"end_session_endpoint": f"{self.issuer}{self.end}"} if self.end else {})

    def end_session(self, asked: dict[str, str]) -> str | None:
        """End the session that a log-out names; return where to go on to, None when it proves nothing."""
        claims = jwt.decode(asked["id_token_hint"], KEY).claims
        is_ours = (claims["iss"], claims["aud"], asked["client_id"]) == (self.issuer, CLIENT, CLIENT)
        if not is_ours or not asked["post_logout_redirect_uri"].endswith("/oidc/left"):
            return None
        self.ended.append(claims["sub"])
        return f"{asked['post_logout_redirect_uri']}?{urlencode({'state': asked['state']})}"


def signed(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)


def by_another_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, OTHER_KEY)


def by_nobody(claims: dict[str, Any]) -> str:
    """Return a token that says alg none: no signature."""
    header = urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode()
    return f"{header}.{signed(claims).split('.')[1]}."


def by_the_public_key(claims: dict[str, Any]) -> str:
    """Return a token signed as if the public key were a shared secret."""
    header = urlsafe_b64encode(b'{"alg":"HS256","kid":"one","typ":"JWT"}').decode()
    signed_part = f"{header}.{signed(claims).split('.')[1]}"
    mark = hmac.new(KEY.as_pem(private=False), signed_part.encode(), hashlib.sha256).digest()
    return f"{signed_part}.{urlsafe_b64encode(mark).decode()}"


def changed(claims: dict[str, Any]) -> str:
    """Return a token whose claims were changed after it was signed."""
    head, _, signature = signed({**claims, "groups": ["guests"]}).split(".")
    return f"{head}.{signed(claims).split('.')[1]}.{signature}"


def make(provider: Provider) -> FastAPI:
    """Return the provider's application."""
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def describe() -> dict[str, str]:
        provider.asked.append("description")
        return provider.description()

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        provider.asked.append("keys")
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/userinfo")
    def userinfo(request: Request) -> Response:
        provider.asked.append("userinfo")
        is_ours = request.headers.get("authorization") == f"Bearer {ACCESS}"
        return JSONResponse(provider.userinfo if is_ours else {}, 200 if is_ours else 401)

    @app.get("/authorize")
    def authorize(request: Request) -> Response:
        login = dict(request.query_params)
        if login["response_type"] != "code" or login["code_challenge_method"] != "S256":
            return Response(status_code=400)
        code = secrets.token_urlsafe(8)
        provider.codes[code] = login
        answer = urlencode({"code": code, "state": login["state"], "iss": provider.issuer})
        return RedirectResponse(f"{login['redirect_uri']}?{answer}", 303)

    @app.get("/end")
    def end(request: Request) -> Response:
        there = provider.end_session(dict(request.query_params))
        return RedirectResponse(there, 303) if there else Response(status_code=400)

    @app.post("/token")
    async def token(request: Request) -> Response:
        given = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        login = provider.codes.pop(given.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{quote_plus(SECRET)}".encode()).decode()
        is_ours = request.headers.get("authorization") == f"Basic {basic}"
        is_answer = login is not None and (
            login["redirect_uri"] == given["redirect_uri"]
            and login["code_challenge"] == create_s256_code_challenge(given["code_verifier"])
        )
        if login is None or not is_ours or not is_answer:
            return JSONResponse({"error": "invalid_grant" if is_ours else "invalid_client"}, 400)
        return JSONResponse({"access_token": ACCESS, "token_type": "Bearer", "id_token": provider.token(login)})

    return app
