"""Sessions: kept here and ended here; the browser holds a signed number that means nothing elsewhere."""

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from itsdangerous import BadSignature, Signer

from offermill.paths import ShopPaths
from portal import place, store

_OPEN = 10_000  # so many sessions at once; the oldest is ended first
_NUMBER_BYTES = 24


@dataclass(frozen=True)
class WayOut:
    """How somebody who logged in at the identity provider logs out there too.

    Attributes:
        address: the provider's end_session_endpoint.
        id_token: says whose session is to end; it opens nothing.
    """

    address: str
    id_token: str

    @property
    def origin(self) -> str:
        """Return the provider as a content security policy names it."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Session:
    """Somebody who logged in.

    Attributes:
        stamp: the user's stamp at log-in (`User.stamp`); of a log-in elsewhere that of its settings.
        ends: naive UTC.
        subject: who it is at the identity provider; None for a user of our own.
        groups: what the provider said of them at log-in.
        way_out: None for a user of our own, and where the provider publishes none.
    """

    number: str
    user: str
    stamp: str
    ends: datetime
    subject: str | None = None
    groups: tuple[str, ...] = ()
    way_out: WayOut | None = None


def _hash(number: str) -> str:
    """Return what is kept of a number: who reads the file cannot make a cookie of it."""
    return sha256(number.encode()).hexdigest()


class Sessions:
    """The open sessions of a shop's portal, for all its processes."""

    def __init__(self, shop: ShopPaths, length: timedelta) -> None:
        self._shop, self._length, self._key = shop, length, place.secret(shop)
        self._signer = Signer(self._key, salt="offermill.portal.session", digest_method=sha256)

    def begin(
        self,
        user: str,
        stamp: str,
        now: datetime,
        *,
        subject: str | None = None,
        groups: tuple[str, ...] = (),
        way_out: WayOut | None = None,
    ) -> tuple[Session, str]:
        """Return a new session and the value of its cookie."""
        number, ends = secrets.token_urlsafe(_NUMBER_BYTES), now + self._length
        session = Session(number, user, stamp, ends, subject, groups, way_out)
        there = (way_out.address, way_out.id_token) if way_out else (None, None)
        row = (_hash(number), user, stamp, subject, json.dumps(groups), store.text(ends), *there)
        with store.opened(self._shop, is_writing=True) as database:
            database.execute("delete from session where ends <= ?", (store.text(now),))
            database.execute("insert into session values (?, ?, ?, ?, ?, ?, ?, ?)", row)
            database.execute(
                "delete from session where rowid in (select rowid from session order by rowid desc limit -1 offset ?)",
                (_OPEN,),
            )
        return session, self.signed(session.number)

    def find(self, cookie: str | None, now: datetime) -> Session | None:
        """Return the session of a cookie that we signed, that is open and not over."""
        number = self.unsigned(cookie)
        if not number:
            return None
        wanted = """
            select user, stamp, ends, subject, groups, end_address, id_token from session
            where number_hash = ? and ends > ?
        """
        with store.opened(self._shop) as database:
            row = database.execute(wanted, (_hash(number), store.text(now))).fetchone()
        if row is None:
            return None
        user, stamp, ends, subject, groups, address, token = row
        way_out = WayOut(address, token) if address else None
        return Session(number, user, stamp, datetime.fromisoformat(ends), subject, tuple(json.loads(groups)), way_out)

    def end(self, number: str) -> None:
        """End a session; its cookie opens nothing any more, at no process."""
        with store.opened(self._shop, is_writing=True) as database:
            database.execute("delete from session where number_hash = ?", (_hash(number),))

    def signed(self, value: str) -> str:
        """Return a value with our signature."""
        return self._signer.sign(value).decode()

    def unsigned(self, value: str | None) -> str | None:
        """Return the value without our signature; None when it is not ours."""
        try:
            return self._signer.unsign(value).decode() if value else None
        except (BadSignature, UnicodeError):
            return None

    def form_token(self, bound_to: str) -> str:
        """Return what a form must carry that a visitor or session (`bound_to`) sends: a foreign page cannot know it."""
        return hmac.new(self._key, f"form {bound_to}".encode(), sha256).hexdigest()

    def is_form_token(self, token: str, bound_to: str | None) -> bool:
        """Return whether a form came from our own page."""
        return bool(bound_to) and hmac.compare_digest(token.encode(), self.form_token(bound_to or "").encode())
