"""Failed log-ins, counted for a while: whoever guesses is closed out, at every process and after a restart too."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from offermill.paths import ShopPaths
from portal import store

_ROWS = 100_000  # so many failures are remembered, three to a log-in; the oldest go first
# Of one address or one user more failures are borne than of the two together: colleagues share addresses.
_PER_ADDRESS = 4
_PER_USER = 10
_IPV6_NETWORK_BITS = 64


def network(address: str) -> str:
    """Return what counts as one address: an IPv6 customer has a whole network of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(IPv6Address(int(parsed) >> _IPV6_NETWORK_BITS << _IPV6_NETWORK_BITS))


def _both(user: str, place: str) -> str:
    return f"both\0{place}\0{user}"


class Attempts:
    """Failures of the last `window` by user and address; both are closed out at `most`."""

    def __init__(self, shop: ShopPaths, most: int, window: timedelta) -> None:
        self._shop, self._most, self._window = shop, most, window

    def _limits(self, user: str, address: str) -> dict[str, int]:
        place = network(address)
        return {
            _both(user, place): self._most,
            f"address\0{place}": self._most * _PER_ADDRESS,
            f"user\0{user}": self._most * _PER_USER,
        }

    def is_closed(self, user: str, address: str, now: datetime) -> bool:
        """Return whether no password is looked at now."""
        since = store.text(now - self._window)
        counted = "select count(*) from (select 1 from failure where key = ? and at > ? limit ?)"
        with store.opened(self._shop) as database:
            return any(
                database.execute(counted, (key, since, most)).fetchone()[0] >= most
                for key, most in self._limits(user, address).items()
            )

    def failed(self, user: str, address: str, now: datetime) -> None:
        """Count a failure."""
        rows = [(key, store.text(now)) for key in self._limits(user, address)]
        with store.opened(self._shop, is_writing=True) as database:
            database.execute("delete from failure where at <= ?", (store.text(now - self._window),))
            database.executemany("insert into failure values (?, ?)", rows)
            database.execute("delete from failure where rowid <= (select max(rowid) from failure) - ?", (_ROWS,))

    def succeeded(self, user: str, address: str) -> None:
        """Forget the failures of a user who remembered the password, at this address."""
        key = _both(user, network(address))
        with store.opened(self._shop) as database:
            has_failed = database.execute("select 1 from failure where key = ? limit 1", (key,)).fetchone()
        if has_failed:
            with store.opened(self._shop, is_writing=True) as database:
                database.execute("delete from failure where key = ?", (key,))
