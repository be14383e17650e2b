"""The HTTP client of transports: it follows no redirect with our credentials and reads none from the environment."""

import ssl
from typing import Any

import httpx


class Client:
    """Connects at the first request and again after `close`."""

    def __init__(self, timeout_seconds: float, ca_file: str | None = None) -> None:
        """Keep what to connect with; `ca_file` holds the only certificates that may vouch for the server."""
        self._timeout = timeout_seconds
        self._ca_file = ca_file
        self._open: httpx.Client | None = None

    def request(self, method: str, url: str, **values: Any) -> httpx.Response:
        """Return the answer, read whole.

        Raises:
            httpx.HTTPError: there is none.
            OSError: the file of certificates cannot be read.
        """
        if self._open is None:
            trusted = ssl.create_default_context(cafile=self._ca_file) if self._ca_file else True
            self._open = httpx.Client(timeout=self._timeout, trust_env=False, follow_redirects=False, verify=trusted)
        return self._open.request(method, url, **values)

    def close(self) -> None:
        """Let the connections go."""
        if self._open is not None:
            self._open.close()
        self._open = None
