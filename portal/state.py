"""What the portal knows while it runs, and what every request asks of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from offermill import settings
from offermill.paths import ShopPaths
from offermill.settings import Settings
from portal import audit, place, users
from portal.limit import Attempts
from portal.sessions import Session, Sessions


def utc_now() -> datetime:
    """Return the time as naive UTC: the portal's one clock."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


@dataclass(frozen=True)
class Visitor:
    """Who asks.

    Attributes:
        name: user name, as it stands in the audit log.
        roles: names of roles in shop.yml.
        session: number of the session; None where somebody else (Airflow, a password with the request) vouches.
    """

    name: str
    roles: tuple[str, ...]
    session: str | None = None


@dataclass(frozen=True)
class Portal:
    """One shop's portal.

    Attributes:
        is_secure: people come by https, so that cookies are for https alone.
        has_login: it knows its users itself; in Airflow's UI it does not.
        clock: returns naive UTC.
    """

    shop: ShopPaths
    chosen: Settings
    sessions: Sessions
    attempts: Attempts
    is_secure: bool
    has_login: bool = True
    clock: Callable[[], datetime] = utc_now

    @classmethod
    def of(
        cls,
        shop: ShopPaths,
        *,
        is_secure: bool,
        has_login: bool = True,
        clock: Callable[[], datetime] = utc_now,
    ) -> Self:
        """Return the portal of a shop with the settings as they stand now."""
        chosen = settings.load(shop.settings)
        rules = chosen.portal
        sessions = Sessions(shop, timedelta(minutes=rules.session_minutes))
        attempts = Attempts(shop, rules.login_attempts, timedelta(minutes=rules.login_window_minutes))
        return cls(shop, chosen, sessions, attempts, is_secure, has_login, clock)

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie; with __Host- a browser takes it by https from this host alone."""
        return "__Host-offermill" if self.is_secure else "offermill"

    @property
    def folder(self) -> Path:
        """Return where downloads are made that must be whole before their first byte leaves."""
        return place.folder(self.shop)

    def note(self, event: str, **facts: object) -> None:
        """Write an event into the audit log; when that fails, nothing is handed out."""
        audit.append(self.shop, self.clock(), event, **facts)

    def visitor(self, session: Session) -> Visitor | None:
        """Return who holds a session; None when the user was removed or changed since, or has no role any more."""
        if session.subject is not None:
            provider = self.chosen.portal.oidc
            roles = provider.roles_of(session.groups) if provider and provider.stamp == session.stamp else ()
            return Visitor(session.user, roles, session.number) if roles else None
        user = users.read(self.shop).get(session.user)
        if user is None or user.stamp != session.stamp:
            return None
        return Visitor(user.name, user.roles, session.number)
