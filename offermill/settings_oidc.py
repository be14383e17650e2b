"""The `portal.oidc:` section of shop.yml: logging in at an identity provider (OpenID Connect). No group, no role."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator

from offermill.settings_section import Section

RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Variable = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]{0,99}$")]
Claim = Annotated[str, Field(min_length=1, max_length=200)]
HERE = ("localhost", "127.0.0.1", "::1")


def _issuer(value: object) -> object:
    parts = urlsplit(str(value))
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    if not (is_plain and is_safe and parts.hostname):
        raise ValueError("must be the provider's https address, such as https://login.example.org/realms/shop")
    return str(value)


class OidcSettings(Section):
    """Logging in at an identity provider, beside the portal's own passwords."""

    # The provider's address, exactly as it calls itself; /.well-known/openid-configuration below it describes it.
    issuer: Annotated[str, BeforeValidator(_issuer)]
    # The portal's name at the provider.
    client_id: Annotated[str, Field(min_length=1, max_length=200)]
    # Name of the environment variable that holds the portal's secret there; leave it out for a public client.
    client_secret_env: Variable | None = None
    # What the button says: Log in with ...
    name: Annotated[str, Field(min_length=1, max_length=60)] = "OpenID Connect"
    # What is asked for; openid must be among it.
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    # Claim of the ID token under which somebody stands in the audit log; without it their sub.
    name_claim: Claim = "preferred_username"
    # Claim that holds groups or roles: a text or a list; a dot leads into it (realm_access.roles). It is looked for
    # in the ID token, then in the provider's userinfo.
    roles_claim: Claim = "groups"
    # Value of that claim -> role here. Whoever has none of them is refused.
    roles: Annotated[dict[str, RoleName], Field(min_length=1)]

    @field_validator("client_secret_env", mode="before")
    @classmethod
    def _a_name(cls, value: object) -> object:
        if isinstance(value, str) and not value.replace("_", "").isalnum():
            raise ValueError("names an environment variable, such as OFFERMILL_OIDC_SECRET; write no secret here")
        return value

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("must hold openid: without it the provider says nothing of who it is")
        return scopes

    @property
    def stamp(self) -> str:
        """Return what changes with the provider: sessions that another one vouched for are over."""
        return sha256(f"{self.issuer}\0{self.client_id}".encode()).hexdigest()[:16]

    def roles_of(self, groups: Iterable[str]) -> tuple[str, ...]:
        """Return the roles of somebody of whom the provider says these groups, sorted; none for strangers."""
        return tuple(sorted({self.roles[group] for group in groups if group in self.roles}))
