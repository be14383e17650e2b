"""Where targets' secrets come from: environment variables, or an Airflow connection, which is one too."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from offers.delivery.parcel import TargetError


@dataclass(frozen=True)
class Connection:
    """An Airflow connection; never printed whole."""

    host: str | None = None
    port: int | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    extra: dict[str, Any] = field(default_factory=dict, repr=False)


def variable_of(connection_id: str) -> str:
    """Return the environment variable in which a connection is found."""
    return f"AIRFLOW_CONN_{connection_id.upper()}"


def secret(variable: str) -> str:
    """Return what the environment holds under a name.

    Raises:
        TargetError: it is not set, or empty.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise TargetError(
            f"the environment variable {variable} is not set",
            "put the credential there (for Airflow: in the environment of its workers, or as a connection)",
        )
    return value


def connection(connection_id: str) -> Connection:
    """Return an Airflow connection, written as a URI or as JSON.

    Raises:
        TargetError: there is none, or it cannot be read; the message does not repeat it.
    """
    text = secret(variable_of(connection_id))
    try:
        return _from_json(json.loads(text)) if text.startswith("{") else _from_uri(text)
    except (ValueError, TypeError, AttributeError):
        raise TargetError(
            f"{variable_of(connection_id)} is no connection (what it holds is not repeated here)",
            "write it as type://login:password@host:port/ or as Airflow's JSON",
        ) from None


def _from_json(given: dict[str, Any]) -> Connection:
    extra = given.get("extra") or {}
    return Connection(
        host=given.get("host"),
        port=int(given["port"]) if given.get("port") else None,
        login=given.get("login"),
        password=given.get("password"),
        extra=json.loads(extra) if isinstance(extra, str) else dict(extra),
    )


def _from_uri(text: str) -> Connection:
    parts = urlsplit(text)
    if not parts.scheme:
        raise ValueError
    extra: dict[str, Any] = dict(parse_qsl(parts.query))
    extra.update(json.loads(extra.pop("__extra__", "{}")))
    login, password = (unquote(value) if value else None for value in (parts.username, parts.password))
    return Connection(unquote(parts.hostname or "") or None, parts.port, login, password, extra)


def without(text: str, secrets: Iterable[str | None]) -> str:
    """Return a message in one line of bounded length, every secret blotted out."""
    line = " ".join(text.split())
    for one in sorted(filter(None, secrets), key=len, reverse=True):
        line = line.replace(one, "***")
    return line[:300]
