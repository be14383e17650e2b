"""Where remote sources are, and where their secrets come from: always the environment, never shop.yml."""

import json
import os
import re
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from offermill.errors import InputError

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_CONNECTION_ID = re.compile(r"[a-z][a-z0-9_]{0,99}")
_TABLE = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_ENDPOINT = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")
# What a query may name: the business date, and its beginning and end as instants.
PARAMETERS = ("business_date", "from", "until")
PARAMETER = re.compile(r"\$([a-z_]+)")
# The settings that libpq knows in a URL; Airflow adds others of its own, which libpq refuses.
_LIBPQ = {
    "application_name", "channel_binding", "client_encoding", "connect_timeout", "gssencmode", "keepalives",
    "keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "options", "passfile", "replication",
    "service", "sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert", "target_session_attrs", "tcp_user_timeout",
}  # fmt: skip


def _variable(value: object) -> object:
    # The value is not repeated in the message: it may be the secret itself.
    if isinstance(value, str) and _VARIABLE.fullmatch(value):
        return value
    raise ValueError(
        "must be the name of an environment variable, such as SHOP_DB; a password or connection string never stands "
        "in shop.yml (what is written there is not repeated here). Take it out, and change it if others could read it."
    )


def _connection_id(value: object) -> object:
    if isinstance(value, str) and _CONNECTION_ID.fullmatch(value):
        return value
    raise ValueError(
        "must be the id of an Airflow connection, such as shop_db; a password or connection string never stands in "
        "shop.yml (what is written there is not repeated here). Take it out, and change it if others could read it."
    )


def _table(value: object) -> object:
    if isinstance(value, str) and _TABLE.fullmatch(value):
        return value
    raise ValueError("must be a table's name, such as public.orders; write anything else as a query.")


def _endpoint(value: object) -> object:
    if value is None or (isinstance(value, str) and _ENDPOINT.fullmatch(value)):
        return value
    raise ValueError('must be a host with a port, such as "minio.example.org:9000", without http:// and user.')


def _query(value: object) -> object:
    if value is None:
        return None
    if not isinstance(value, str) or not re.match(r"\s*(select|with)\b", value, re.IGNORECASE):
        raise ValueError("must be one select.")
    unknown = sorted(set(PARAMETER.findall(value)) - set(PARAMETERS))
    if unknown:
        known = ", ".join(f"${name}" for name in PARAMETERS)
        raise ValueError(f"names ${unknown[0]}; a query may name {known}.")
    return value


Variable = Annotated[str, BeforeValidator(_variable)]
ConnectionId = Annotated[str, BeforeValidator(_connection_id)]
Endpoint = Annotated[str | None, BeforeValidator(_endpoint)]
Query = Annotated[str | None, BeforeValidator(_query)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PostgresSettings(_Part):
    """A source in a PostgreSQL database: a whole table every night, or a query for the night's records.

    Queries may name `$business_date` (the date), `$from` and `$until` (its beginning and end, with time zone).
    """

    # The environment variable with the connection string, or the Airflow connection.
    connection_env: Variable | None = None
    airflow_connection: ConnectionId | None = None
    table: Annotated[str | None, BeforeValidator(lambda v: v if v is None else _table(v))] = None
    query: Query = None
    # The first load, taken once: its rows count as arrived when they happened.
    history_query: Query = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if (self.connection_env is None) == (self.airflow_connection is None):
            raise ValueError("needs connection_env (an environment variable) or airflow_connection, one of them.")
        if (self.table is None) == (self.query is None):
            raise ValueError("needs table or query, one of them.")
        return self

    @property
    def variable(self) -> str:
        """Return the environment variable that holds the connection."""
        return self.connection_env or f"AIRFLOW_CONN_{str(self.airflow_connection).upper()}"

    @property
    def name(self) -> str:
        """Return how messages and manifests call the connection; no secret."""
        return str(self.connection_env or self.airflow_connection)


class S3Settings(_Part):
    """How to reach the store behind `s3://` names."""

    key_id_env: Variable = "AWS_ACCESS_KEY_ID"
    secret_env: Variable = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 the name of a variable
    # For credentials that expire; left out of the request when the variable is not set.
    session_token_env: Variable = "AWS_SESSION_TOKEN"  # noqa: S105 the name of a variable
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,40}$")] = "eu-north-1"
    # MinIO and its like: a host and port; empty means Amazon.
    endpoint: Endpoint = None
    use_ssl: bool = True
    # "path" for stores without a host name per bucket.
    url_style: Annotated[str, Field(pattern=r"^(vhost|path)$")] = "vhost"


def secret(variable: str, source: str) -> str:
    """Return what the environment holds under a name.

    Raises:
        InputError: it is not set, or empty.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        raise InputError(
            f"{source}: the environment variable {variable} is not set; put the credential there "
            "(for Airflow: in the environment of its workers, or as a connection)."
        )
    return value


def connection_string(postgres: PostgresSettings, source: str) -> str:
    """Return libpq's connection string from the environment; an Airflow connection may be a URL or JSON.

    Raises:
        InputError: there is none, or it is not for PostgreSQL; the message does not repeat it.
    """
    text = secret(postgres.variable, source)
    if text.startswith("{"):
        return _from_json(text, postgres.variable, source)
    if "://" not in text:
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("postgres", "postgresql"):
        raise _not_postgres(postgres.variable, source)
    known = [(name, value) for name, value in parse_qsl(parts.query) if name in _LIBPQ]
    return parts._replace(scheme="postgresql", query=urlencode(known, quote_via=quote)).geturl()


def _not_postgres(variable: str, source: str) -> InputError:
    return InputError(
        f"{source}: {variable} holds no PostgreSQL connection such as postgresql://user:password@host:5432/database "
        "(what it holds is not repeated here)."
    )


def _from_json(text: str, variable: str, source: str) -> str:
    try:
        given: dict[str, Any] = json.loads(text)
    except ValueError:
        raise _not_postgres(variable, source) from None
    if given.get("conn_type") not in ("postgres", "postgresql"):
        raise _not_postgres(variable, source)
    names = {"host": "host", "port": "port", "user": "login", "password": "password", "dbname": "schema"}
    values = {name: str(given[key]) for name, key in names.items() if given.get(key)}
    return " ".join(f"{name}='{_quoted(value)}'" for name, value in values.items())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def without_secrets(message: str, *secrets: str) -> str:
    """Return what a message says in one line, with every secret blotted out."""
    lines = [line.strip() for line in message.splitlines() if line.strip()] or [""]
    line = next((line for line in lines if "ERROR:" in line or "FATAL:" in line), lines[0])
    # DuckDB repeats the connection string, and the query, in front of the server's own words.
    line = re.sub(r'^.*(?:ERROR|FATAL):|^.* at ".*?":', "", line).strip()
    for text in sorted(filter(None, secrets), key=len, reverse=True):
        line = line.replace(text, "***")
    return line
