"""Sessions: kept here and ended here; the browser holds a signed number that means nothing elsewhere."""

import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

from itsdangerous import BadSignature, Signer

_OPEN = 10_000  # so many sessions at once; the oldest is ended first
_NUMBER_BYTES = 24


@dataclass(frozen=True)
class Session:
    """Somebody who logged in.

    Attributes:
        stamp: the user's stamp at log-in (`User.stamp`).
        ends: naive UTC.
    """

    number: str
    user: str
    stamp: str
    ends: datetime


class Sessions:
    """The open sessions of this process; a restart ends all of them."""

    def __init__(self, key: bytes, length: timedelta) -> None:
        self._signer = Signer(key, salt="offermill.portal.session", digest_method=sha256)
        self._key, self._length = key, length
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = Lock()

    def begin(self, user: str, stamp: str, now: datetime) -> tuple[Session, str]:
        """Return a new session and the value of its cookie."""
        session = Session(secrets.token_urlsafe(_NUMBER_BYTES), user, stamp, now + self._length)
        with self._lock:
            self._open[session.number] = session
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
        return session, self.signed(session.number)

    def find(self, cookie: str | None, now: datetime) -> Session | None:
        """Return the session of a cookie that we signed, that is open and not over."""
        number = self.unsigned(cookie)
        with self._lock:
            session = self._open.get(number) if number else None
        return session if session and now < session.ends else None

    def end(self, number: str) -> None:
        """End a session; its cookie opens nothing any more."""
        with self._lock:
            self._open.pop(number, None)

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
