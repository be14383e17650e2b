"""The `portal:` section of shop.yml: who may see, preview and download which lists. What is not granted is refused."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from offermill import yamlfile
from offermill.settings_oidc import HERE, OidcSettings, RoleName
from offermill.settings_section import Section

Verb = Literal["see", "preview", "download"]
ListPattern = Annotated[str, Field(pattern=r"^[a-z0-9*?._-]{1,120}$")]
Pattern = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\[\]]+$")]


def _address(value: object) -> object:
    parts = urlsplit(str(value))
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.path in ("", "/")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    if not (is_plain and is_safe and parts.hostname):
        raise ValueError("must be an address such as https://offers.example.org, without a path, a user or a password")
    return str(value).rstrip("/")


class Grant(Section):
    """Some lists, and what may be done with them; limits show only a part of the rows."""

    # Names of lists, with * and ?: crm_offers.csv, segments.*, audit.*, channels.<block>.*
    lists: Annotated[tuple[ListPattern, ...], Field(min_length=1)]
    # What may be done: see (that the list is there), preview (its first rows), download.
    verbs: Annotated[tuple[Verb, ...], Field(min_length=1)]
    # Only these segments: a segment's own list, or the rows of a list that says the segment.
    segments: tuple[Pattern, ...] | None = None
    # Only rows of these stores; a list that says no store is not shown.
    stores: tuple[Pattern, ...] | None = None
    # Only rows of these brands; a list that says no brand is not shown.
    brands: tuple[Pattern, ...] | None = None
    # Only these channels: a channel's own files, or the rows of a list that says the channel.
    channels: tuple[Pattern, ...] | None = None

    @model_validator(mode="after")
    def _see_first(self) -> Self:
        if "see" not in self.verbs:
            raise ValueError("verbs must hold see: nobody previews or downloads what they may not see")
        return self

    @property
    def limits(self) -> dict[str, tuple[str, ...]]:
        """Return the patterns of every dimension that is limited."""
        named = ("segments", "stores", "brands", "channels")
        return {name: patterns for name in named if (patterns := getattr(self, name)) is not None}


class PortalSettings(Section):
    """Downloads by role (`offermill serve`): who may see, preview and download which lists."""

    # Role -> list of grants (lists, verbs, and limits to segments, stores, brands, channels); no grant, no right.
    roles: dict[RoleName, tuple[Grant, ...]] = Field(default_factory=dict)
    # Address at which people reach the portal, such as https://offers.example.org; needed beyond this machine.
    public_url: Annotated[str, BeforeValidator(_address)] | None = None
    # A session ends so many minutes after log-in.
    session_minutes: Annotated[int, Field(ge=5, le=1440)] = 480
    # So many failed log-ins of one user from one address close both out for login_window_minutes.
    login_attempts: Annotated[int, Field(ge=3, le=20)] = 5
    # Failed log-ins count for so many minutes.
    login_window_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    # Logging in at an identity provider (OpenID Connect), beside passwords of our own.
    oidc: OidcSettings | None = None
    # User name in Airflow -> role here, where the portal is shown in Airflow's UI; others are refused.
    airflow_users: dict[str, RoleName] = Field(default_factory=dict)

    @field_validator("roles")
    @classmethod
    def _some_right(cls, roles: dict[str, tuple[Grant, ...]]) -> dict[str, tuple[Grant, ...]]:
        empty = [name for name, grants in roles.items() if not grants]
        if empty:
            raise ValueError(
                f"{', '.join(empty)}: write at least one grant, such as {{lists: [segments.*], verbs: [see]}}"
            )
        return roles

    @model_validator(mode="after")
    def _known_roles(self) -> Self:
        named = {**self.airflow_users, **(self.oidc.roles if self.oidc else {})}
        for who, role in named.items():
            if role not in self.roles:
                raise ValueError(f"{who!r} gets {role!r}, which is no role.{yamlfile.nearest(role, self.roles)}")
        return self
