"""A folder of an SFTP server. Its host key is declared; no unknown or changed key is ever accepted."""

import base64
import io
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import paramiko
from paramiko.pkey import UnknownKeyType

from offermill.settings_delivery import SftpTarget
from offers.delivery import credentials
from offers.delivery.credentials import Connection
from offers.delivery.parcel import Parcel, TargetError

_PORT = 22
_KEYS: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def private_key(text: str, passphrase: str | None) -> paramiko.PKey:
    """Return a private key (Ed25519, ECDSA or RSA) from its text.

    Raises:
        TargetError: it is no such key, or the passphrase is wrong; the text is not repeated.
    """
    for kind in _KEYS:
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
        except (paramiko.SSHException, ValueError):
            continue
    raise TargetError(
        "the private key cannot be read (what it holds is not repeated here)",
        "give an Ed25519, ECDSA or RSA key in OpenSSH's or PEM format, and its passphrase if it has one",
    )


class SftpFiles:
    """The files of a folder on a server; connects at the first call and again after `close`."""

    def __init__(self, settings: SftpTarget, timeout_seconds: float) -> None:
        self._settings = settings
        self._timeout = timeout_seconds
        self._client: paramiko.SSHClient | None = None
        self._sftp: paramiko.SFTPClient | None = None

    @property
    def place(self) -> str:
        host = self._settings.host or f"({self._settings.airflow_connection})"
        port = f":{self._settings.port}" if self._settings.port else ""
        return f"sftp://{host}{port}/{self._settings.folder}"

    def size(self, name: str) -> int | None:
        with self._said() as sftp:
            try:
                return sftp.stat(self._path(name)).st_size
            except FileNotFoundError:
                return None

    def head(self, name: str, count: int) -> bytes | None:
        with self._said() as sftp:
            try:
                with sftp.open(self._path(name), "rb") as file:
                    return file.read(count)
            except FileNotFoundError:
                return None

    def make_folder(self, name: str) -> None:
        parts = posixpath.normpath(name).split("/") if name else []
        if self._settings.folder and self.size("") is None:
            # Never made here: a misspelt folder would swallow the files.
            raise TargetError(f"{self.place}: there is no such folder", "make it there, or mend `folder`")
        with self._said() as sftp:
            for count in range(1, len(parts) + 1):
                path = self._path("/".join(parts[:count]))
                try:
                    sftp.stat(path)
                except FileNotFoundError:
                    sftp.mkdir(path)

    def put(self, parcel: Parcel, name: str) -> None:
        with self._said() as sftp, parcel.path.open("rb") as source:
            sftp.putfo(source, self._path(name), parcel.size, confirm=True)

    def write(self, name: str, data: bytes) -> None:
        with self._said() as sftp:
            sftp.putfo(io.BytesIO(data), self._path(name), len(data), confirm=True)

    def rename(self, old: str, new: str) -> None:
        with self._said() as sftp:
            # The plain rename, not posix_rename: it refuses a name that is taken.
            sftp.rename(self._path(old), self._path(new))

    def remove(self, name: str) -> None:
        with self._said() as sftp:
            try:
                sftp.remove(self._path(name))
            except FileNotFoundError:
                return

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._sftp = None

    def _path(self, name: str) -> str:
        return posixpath.join(self._settings.folder, name)

    @contextmanager
    def _said(self) -> Iterator[paramiko.SFTPClient]:
        """Yield the connection; what fails in it becomes a problem of the target, without secrets."""
        where = self.place
        try:
            self._sftp = self._sftp or self._connect()
            yield self._sftp
        except paramiko.BadHostKeyException as problem:
            raise _another_key(where, problem.key) from None
        except paramiko.AuthenticationException:
            raise TargetError(f"{where} does not let us in", f"check user and credential: {self._kept_in()}") from None
        except PermissionError as problem:
            raise TargetError(f"{where}: {problem.strerror or problem}", "let the user write there") from None
        except (paramiko.SSHException, OSError, EOFError) as problem:
            why = str(problem) or type(problem).__name__
            raise TargetError(f"{where}: {why}", "look whether the server can be reached", may_pass=True) from problem

    def _connect(self) -> paramiko.SFTPClient:
        given = self._settings
        lent = credentials.connection(given.airflow_connection) if given.airflow_connection else Connection()
        host, user = given.host or lent.host, given.user or lent.login
        if not host or not user:
            raise TargetError(
                f"the connection {given.airflow_connection} names no host or no login", "write them into it"
            )
        port = given.port or lent.port or _PORT
        self._client = _client(host, port, given.host_key, self.place)
        key, password = self._ways_in(lent)
        self._client.connect(
            host,
            port,
            user,
            password=password,
            pkey=key,
            timeout=self._timeout,
            banner_timeout=self._timeout,
            auth_timeout=self._timeout,
            look_for_keys=False,
            allow_agent=False,
        )
        sftp = self._client.open_sftp()
        cast(Any, sftp.get_channel()).settimeout(self._timeout)
        return sftp

    def _kept_in(self) -> str:
        """Return where user and credential stand, for people."""
        given = self._settings
        if given.airflow_connection:
            return f"the connection {given.airflow_connection}"
        if given.key_file:
            return f"`user`, and {given.key_file}"
        return f"`user`, and the variable {given.password_env or given.key_env}"

    def _ways_in(self, lent: Connection) -> tuple[paramiko.PKey | None, str | None]:
        """Return the private key or the password."""
        given = self._settings
        passphrase = credentials.secret(given.passphrase_env) if given.passphrase_env else None
        if given.key_env:
            return private_key(credentials.secret(given.key_env), passphrase), None
        if given.key_file:
            return private_key(_text_of(given.key_file), passphrase), None
        if given.password_env:
            return None, credentials.secret(given.password_env)
        if lent.extra.get("private_key"):
            return private_key(str(lent.extra["private_key"]), lent.extra.get("private_key_passphrase")), None
        if lent.extra.get("key_file"):
            return private_key(_text_of(str(lent.extra["key_file"])), lent.extra.get("private_key_passphrase")), None
        return None, lent.password


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 a user's own path, as written
            return file.read()
    except (OSError, UnicodeDecodeError):
        raise TargetError(f"the key file {path} cannot be read", "check the path and who may read it") from None


def _another_key(place: str, shown: paramiko.PKey) -> TargetError:
    return TargetError(
        f"{place} shows another host key than `host_key`: {shown.get_name()} {shown.get_base64()}",
        "ask who runs the server whether its key changed; until then nothing is sent there",
    )


class _Refuse(paramiko.MissingHostKeyPolicy):
    """Refuses a key of a kind that was not declared."""

    def __init__(self, place: str) -> None:
        self._place = place

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise _another_key(self._place, key)


def _client(host: str, port: int, host_key: str, place: str) -> paramiko.SSHClient:
    """Return a client that knows one host key and refuses all others."""
    name, text = host_key.split(" ")
    entry = host if port == _PORT else f"[{host}]:{port}"
    try:
        key = paramiko.PKey.from_type_string(name, base64.b64decode(text, validate=True))
    except (paramiko.SSHException, UnknownKeyType, ValueError, IndexError):
        raise TargetError("`host_key` is no public key", "write it as in known_hosts: ssh-ed25519 AAAA...") from None
    client = paramiko.SSHClient()
    client.get_host_keys().add(entry, name, key)
    client.set_missing_host_key_policy(_Refuse(place))
    return client
