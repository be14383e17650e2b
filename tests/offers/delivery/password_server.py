"""An SFTP server on loopback that lets one user in by password, or by asking for it (keyboard-interactive)."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko

from offermill.settings_delivery import DeliverySettings

USER, PASSWORD = "shop", "hunter2 Ūdris"


@dataclass
class Desk:
    """The server: `ways` are those it lets people in by, `tried` the passwords that it was shown."""

    inbox: Path
    ways: str = "password"
    port: int = 0
    tried: list[str] = field(default_factory=list)
    key: paramiko.PKey = field(default_factory=lambda: paramiko.ECDSAKey.generate())

    def delivery(self, **changed: Any) -> DeliverySettings:
        host_key = f"{self.key.get_name()} {self.key.get_base64()}"
        given = {"host": "127.0.0.1", "port": self.port, "user": USER, "host_key": host_key, "password_env": "CRM_WORD"}
        given |= {"folder": "inbox", **changed}
        return DeliverySettings.model_validate({"sftp": {name: one for name, one in given.items() if one is not None}})


class _Door(paramiko.ServerInterface):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get_allowed_auths(self, username: str) -> str:
        return self._desk.ways

    def check_auth_password(self, username: str, password: str) -> int:
        if "password" not in self._desk.ways.split(","):
            return paramiko.AUTH_FAILED
        return self._judged(username, password)

    def check_auth_interactive(self, username: str, submethods: str) -> Any:
        self._user = username
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        return self._judged(self._user, responses[0])

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def _judged(self, user: str, password: str) -> int:
        self._desk.tried.append(password)
        return paramiko.AUTH_SUCCESSFUL if (user, password) == (USER, PASSWORD) else paramiko.AUTH_FAILED


def _files(root: Path) -> type[paramiko.SFTPServerInterface]:
    class Files(paramiko.SFTPServerInterface):
        """The folder above the inbox; paths come from the client as it wrote them."""

        def _path(self, path: str) -> Path:
            return root / self.canonicalize(path).lstrip("/")

        def stat(self, path: str) -> Any:
            try:
                return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
            except OSError as problem:
                return paramiko.SFTPServer.convert_errno(problem.errno or 0)

        lstat = stat

        def mkdir(self, path: str, attr: Any) -> int:
            self._path(path).mkdir()
            return paramiko.SFTP_OK

        def rename(self, oldpath: str, newpath: str) -> int:
            self._path(oldpath).rename(self._path(newpath))
            return paramiko.SFTP_OK

        def remove(self, path: str) -> int:
            try:
                self._path(path).unlink()
            except OSError as problem:
                return paramiko.SFTPServer.convert_errno(problem.errno or 0)
            return paramiko.SFTP_OK

        def open(self, path: str, flags: int, attr: Any) -> Any:
            try:
                opened = os.open(self._path(path), flags, 0o600)
            except OSError as problem:
                return paramiko.SFTPServer.convert_errno(problem.errno or 0)
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = handle.writefile = os.fdopen(opened, "wb" if flags & os.O_WRONLY else "rb")  # type: ignore[attr-defined]
            return handle

    return Files


@contextmanager
def serving(root: Path, ways: str = "password") -> Iterator[Desk]:
    """Serve a folder and its empty folder `inbox`, each connection in its own thread."""
    desk = Desk(root / "inbox", ways)
    desk.inbox.mkdir(parents=True)
    transports: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        desk.port = listening.getsockname()[1]
        thread = threading.Thread(target=_accept, args=(listening, desk, root, transports))
        thread.start()
        try:
            yield desk
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for one in transports:
                one.close()
                one.join()


def _accept(listening: socket.socket, desk: Desk, root: Path, transports: list[paramiko.Transport]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        transport = paramiko.Transport(connection)
        transport.add_server_key(desk.key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _files(root))
        transports.append(transport)
        transport.start_server(threading.Event(), _Door(desk))
