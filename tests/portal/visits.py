"""A portal on a port of this machine, and a visitor that sends exactly the bytes it is told to."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.types import ASGIApp

from portal import server, users
from portal.state import Portal


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookies(self) -> dict[str, str]:
        """Return what each Set-Cookie says, by name."""
        said = self.headers.get_all("Set-Cookie") or []
        return dict(one.split("=", 1) for one in said)


class Visitor:
    """Somebody with a cookie; paths are sent as they are, with no dot or slash put right."""

    def __init__(self, port: int, cookie: str | None = None) -> None:
        self.port, self.cookie = port, cookie

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Cookie": self.cookie} if self.cookie and "Cookie" not in sent else {}
        sent |= {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        # http.client refuses blanks and control characters, which an attacker does not: they are the test's to quote.
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return found

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def api(self, call: str, **asked: object) -> Answer:
        return self.get(f"/api/{call}?{urlencode(asked)}")

    def post(self, path: str, **fields: str) -> Answer:
        return self.send("POST", path, urlencode(fields))


@contextmanager
def running(app: ASGIApp) -> Iterator[int]:
    """Serve the application with uvicorn in a thread; yield its port."""
    opened = server._bound("127.0.0.1", 0)
    served = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=served.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    try:
        yield opened.getsockname()[1]
    finally:
        served.should_exit = True
        thread.join(10)
        opened.close()


def as_user(portal: Portal, port: int, name: str) -> Visitor:
    """Return a visitor with an open session of a user."""
    user = users.read(portal.shop)[name]
    _, cookie = portal.sessions.begin(name, user.stamp, portal.clock())
    return Visitor(port, f"{portal.cookie}={cookie}")
