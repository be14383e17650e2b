"""The HTTP client of transports: it follows no redirect with our credentials and reads none from the environment."""

from typing import Any

import httpx


class Client:
    """Connects at the first request and again after `close`."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._open: httpx.Client | None = None

    def request(self, method: str, url: str, **values: Any) -> httpx.Response:
        """Return the answer, read whole.

        Raises:
            httpx.HTTPError: there is none.
        """
        if self._open is None:
            self._open = httpx.Client(timeout=self._timeout, trust_env=False, follow_redirects=False)
        return self._open.request(method, url, **values)

    def close(self) -> None:
        """Let the connections go."""
        if self._open is not None:
            self._open.close()
        self._open = None
