"""OpenID Connect: the authorization code flow with PKCE, state and nonce, and what an ID token must be to count.

OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; RFC 7636 (PKCE); RFC 9207 (issuer in the answer).
"""

import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from offermill.errors import ConfigError
from offermill.settings_oidc import OidcSettings
from portal.sessions import WayOut

# Signed by the provider's private key. Neither "none" nor a secret shared with us (HS256) says who signed.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_ASK_SECONDS = 10.0
_DESCRIPTION_SECONDS = 3_600.0
_KEYS_SECONDS = 60.0  # an unknown key is looked for at the provider no more often
_LEEWAY_SECONDS = 60  # clocks differ
_NAME_LENGTH = 80
# A host and a port alone: it becomes part of a content security policy.
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:]+\](:[0-9]+)?")


class RefusedError(Exception):
    """The provider's answer proves nothing: nobody is let in. Its text is for the audit log."""


@dataclass(frozen=True)
class Person:
    """Somebody whom the provider vouches for.

    Attributes:
        subject: who it is, for ever, at this provider.
        name: what people call them; the provider may give it to somebody else later.
        way_out: None where the provider publishes no safe way to log out.
    """

    subject: str
    name: str
    groups: tuple[str, ...]
    way_out: WayOut | None = None


@dataclass(frozen=True)
class Begun:
    """A log-in that was sent to the provider: what its answer must match."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def now(cls) -> "Begun":
        """Return secrets for one log-in."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def secret_of(chosen: OidcSettings) -> str | None:
    """Return the portal's secret at the provider; None for a public client.

    Raises:
        ConfigError: the environment variable is not set.
    """
    if chosen.client_secret_env is None:
        return None
    found = os.environ.get(chosen.client_secret_env)
    if not found:
        raise ConfigError(
            f"shop.yml: portal.oidc.client_secret_env: the environment variable {chosen.client_secret_env} is not set."
        )
    return found


class Provider:
    """The identity provider of the settings; its description and keys are asked for when they are needed first."""

    def __init__(self, chosen: OidcSettings, clock: Callable[[], datetime]) -> None:
        self._chosen, self._clock, self._secret = chosen, clock, secret_of(chosen)
        self._lock = Lock()
        self._description: tuple[float, dict[str, str]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def issuer(self) -> str:
        """Return what the provider calls itself."""
        return self._chosen.issuer

    def address(self, begun: Begun, redirect: str) -> str:
        """Return where to send the browser."""
        asked = {
            "response_type": "code",
            "client_id": self._chosen.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(self._chosen.scopes),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": create_s256_code_challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def person(self, code: str, begun: Begun, redirect: str) -> Person:
        """Exchange a code for an ID token and return whom it is about.

        Raises:
            RefusedError: the provider refuses the code, cannot be reached, or its token does not prove who it is.
        """
        found = self._exchanged(code, begun, redirect)
        token = found.get("id_token")
        if not isinstance(token, str):
            raise RefusedError("the provider sent no ID token")
        claims = self._claims(token, begun.nonce)
        name = claims.get(self._chosen.name_claim) or claims["sub"]
        groups = self._groups(claims, found.get("access_token"))
        return Person(str(claims["sub"]), str(name)[:_NAME_LENGTH], groups, self._way_out(token))

    def _way_out(self, token: str) -> WayOut | None:
        endpoint = self._described().get("end_session_endpoint")
        if not self._is_safe(endpoint) or not _HOST.fullmatch(urlsplit(str(endpoint)).netloc):
            return None
        return WayOut(str(endpoint), token)

    def _groups(self, claims: dict[str, Any], access: object) -> tuple[str, ...]:
        """Return the groups of the ID token; of the provider's userinfo where the token has no such claim."""
        wanted = self._chosen.roles_claim
        told = _claim(claims, wanted)
        if told is None and isinstance(access, str) and "userinfo_endpoint" in self._described():
            more = _asked(self._endpoint("userinfo_endpoint"), {"Authorization": f"Bearer {access}"})
            # OpenID Connect Core, section 5.3.2: what is said of somebody else must not count.
            if more.get("sub") != claims["sub"]:
                raise RefusedError("the provider's userinfo is about somebody else")
            told = _claim(more, wanted)
        return tuple(one for one in (told if isinstance(told, list) else [told]) if isinstance(one, str))

    def _exchanged(self, code: str, begun: Begun, redirect: str) -> dict[str, Any]:
        endpoint = self._endpoint("token_endpoint")
        ours = (self._chosen.client_id, self._secret) if self._secret else None
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": begun.verifier,
            "redirect_uri": redirect,
            "client_id": self._chosen.client_id,
        }
        # RFC 6749, section 2.3.1: both are encoded before they become user and password.
        basic = httpx.BasicAuth(*map(quote_plus, ours)) if ours else None
        try:
            found = httpx.post(endpoint, data=asked, auth=basic, timeout=_ASK_SECONDS).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as problem:
            raise RefusedError(f"the provider refused the code: {type(problem).__name__}") from problem
        if not isinstance(found, dict):
            raise RefusedError("the provider answers a code with something else than a token")
        return found

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token that this provider signed for us, now, in answer to this log-in."""
        ours = self._chosen.client_id
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock().replace(tzinfo=UTC).timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._chosen.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": ours},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        claims = self._decoded(token)
        try:
            rules.validate(claims)
        except JoseError as problem:
            raise RefusedError(f"the ID token does not count: {problem}") from problem
        if claims.get("azp", ours) != ours or (isinstance(claims["aud"], list) and len(claims["aud"]) > 1):
            raise RefusedError("the ID token does not count: it is for others too")
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._key_set(is_again=False), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            keys = self._key_set(is_again=True)  # the provider may have changed them since we asked
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError) as problem:
            raise RefusedError(f"the ID token is not the provider's: {type(problem).__name__}") from problem

    def _key_set(self, *, is_again: bool) -> KeySet:
        with self._lock:
            known = self._keys
        if known and (not is_again or time.monotonic() - known[0] < _KEYS_SECONDS):
            return known[1]
        try:
            found = KeySet.import_key_set({"keys": _asked(self._endpoint("jwks_uri"))["keys"]})
        except (JoseError, ValueError, TypeError, KeyError) as problem:
            raise RefusedError("the provider's keys cannot be read") from problem
        with self._lock:
            self._keys = (time.monotonic(), found)
        return found

    def _endpoint(self, name: str) -> str:
        """Return an address of the provider from its own description, as safe as the issuer's."""
        endpoint = self._described().get(name)
        if not self._is_safe(endpoint):
            raise RefusedError(f"the provider's description has no safe {name}")
        return str(endpoint)

    def _is_safe(self, endpoint: object) -> bool:
        return isinstance(endpoint, str) and urlsplit(endpoint).scheme in {
            "https",
            urlsplit(self._chosen.issuer).scheme,
        }

    def _described(self) -> dict[str, str]:
        with self._lock:
            known = self._description
        if known and time.monotonic() - known[0] < _DESCRIPTION_SECONDS:
            return known[1]
        found = _asked(f"{self._chosen.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._chosen.issuer:
            raise RefusedError(f"the provider calls itself {str(found.get('issuer'))[:200]!r}")
        with self._lock:
            self._description = (time.monotonic(), found)
        return found


def _asked(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    try:
        asked = httpx.get(url, headers=headers, timeout=_ASK_SECONDS, follow_redirects=False)
        answer = asked.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as problem:
        raise RefusedError(f"the provider cannot be reached: {type(problem).__name__}") from problem
    if not isinstance(answer, dict):
        raise RefusedError("the provider answers with something else than a description")
    return answer


def _claim(claims: dict[str, Any], name: str) -> Any:
    """Return what stands under a claim, or under the path that its dots make; None where there is no such claim."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
