"""An HTTP server that takes each Idempotency-Key once, and misbehaves as it is told."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from offermill.settings_delivery import DeliverySettings


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Inbox:
    """The server: `taken` is what it accepted by key, `plan` what it does with the next requests.

    A plan's entry is a status, (status, headers), "drop" (hang up before taking), "lose" (take, then hang up without an
    answer) or "silent" (take, then say nothing until the client gives up); without a plan it takes and says 201.
    A key that it knows gets `known_status`. `on_taken` is called when it takes a file. Where there are `jobs`, its 202
    names one at `job_address`; they are what it says of it by and by: "drop", or (status, headers, body), the last for
    ever.
    """

    port: int = 0
    known_status: int = 200
    job_address: str = "/jobs/7"
    jobs: list[Any] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    plan: list[Any] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    taken: dict[str, bytes] = field(default_factory=dict)
    on_taken: Callable[[], object] = lambda: None

    @classmethod
    @contextmanager
    def serve(cls, certificate: Path | None = None) -> Iterator[Self]:
        """Serve; over TLS with a certificate and its key in one PEM file."""
        inbox = cls()
        with ThreadingHTTPServer(("127.0.0.1", 0), _handler(inbox)) as server:
            server.daemon_threads = True
            if certificate is not None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                server.socket = context.wrap_socket(server.socket, server_side=True)
            inbox.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield inbox
            finally:
                server.shutdown()
                thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in/{{edition}}/{{file}}"

    def delivery(self, retry: dict[str, Any] | None = None, **changed: Any) -> DeliverySettings:
        return DeliverySettings.model_validate({"http": {"url": self.url, **changed}, "retry": retry or {}})


ECHO = b'{"id": 7, "echo": "secret text"}'


def _handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.requests.append(Request(self.command, self.path, dict(self.headers), body))
            act = inbox.plan.pop(0) if inbox.plan else 201
            status, headers = act if isinstance(act, tuple) else (act, {})
            key = self.headers["Idempotency-Key"]
            if isinstance(status, int) and status >= 300:
                self._answer(status, headers)
            elif status == "drop":
                self.close_connection = True
            elif key in inbox.taken:
                self._answer(inbox.known_status, {})
            else:
                inbox.taken[key] = body
                inbox.on_taken()
                self._after_taking(status)

        do_PUT = do_POST  # noqa: N815 the name that http.server calls

        def do_GET(self) -> None:
            inbox.asked.append(Request(self.command, self.path, dict(self.headers), b""))
            said = inbox.jobs.pop(0) if len(inbox.jobs) > 1 else inbox.jobs[0]
            if said == "drop":
                self.close_connection = True
            else:
                self._answer(*said)

        def _after_taking(self, act: Any) -> None:
            if act == "silent":
                time.sleep(1)
            self.close_connection = act in ("lose", "silent")
            if not self.close_connection:
                self._answer(act, {})

        def _answer(self, status: int, headers: dict[str, str], body: bytes = ECHO) -> None:
            self.send_response(status)
            if status in (202, 409) and inbox.jobs and self.command != "GET":
                headers = {"Location": inbox.job_address, **headers}
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler
