"""Failed log-ins, counted for a while: whoever guesses is closed out. In memory, of bounded size."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from threading import Lock

_KEYS = 10_000  # so many keys are remembered; the one that failed longest ago goes first
# Of one address or one user more failures are borne than of the two together: colleagues share addresses.
_PER_ADDRESS = 4
_PER_USER = 10
_IPV6_NETWORK_BITS = 64

Key = tuple[str, ...]


def network(address: str) -> str:
    """Return what counts as one address: an IPv6 customer has a whole network of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(IPv6Address(int(parsed) >> _IPV6_NETWORK_BITS << _IPV6_NETWORK_BITS))


class Attempts:
    """Failures of the last `window` by user and address; both are closed out at `most`."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window = most, window
        self._failed: OrderedDict[Key, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def _limits(self, user: str, address: str) -> dict[Key, int]:
        place = network(address)
        return {
            ("both", user, place): self._most,
            ("address", place): self._most * _PER_ADDRESS,
            ("user", user): self._most * _PER_USER,
        }

    def _recent(self, key: Key, now: datetime) -> int:
        times = self._failed.get(key, deque())
        while times and times[0] <= now - self._window:
            times.popleft()
        return len(times)

    def is_closed(self, user: str, address: str, now: datetime) -> bool:
        """Return whether no password is looked at now."""
        with self._lock:
            return any(self._recent(key, now) >= most for key, most in self._limits(user, address).items())

    def failed(self, user: str, address: str, now: datetime) -> None:
        """Count a failure."""
        with self._lock:
            for key, most in self._limits(user, address).items():
                self._failed.setdefault(key, deque(maxlen=most)).append(now)
                self._failed.move_to_end(key)
            while len(self._failed) > _KEYS:
                self._failed.popitem(last=False)

    def succeeded(self, user: str, address: str) -> None:
        """Forget the failures of a user who remembered the password, at this address."""
        with self._lock:
            self._failed.pop(("both", user, network(address)), None)
