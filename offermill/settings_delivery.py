"""`channels.<block>.delivery` in shop.yml: where a block's published files go and how; secrets stand elsewhere."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from offermill.ingest.connections import ConnectionId, Endpoint, Variable

# What the name of a file at the target may hold, beside plain text.
PLACES = ("edition", "date", "block", "file")
_PLACE = re.compile(r"\{([^{}]*)\}")
_SECRET_HEADER = re.compile(r"auth|cookie|key|token|secret|password|signature", re.IGNORECASE)
_HERE = ("localhost", "127.0.0.1", "::1")


def _relative(value: object) -> object:
    if isinstance(value, str) and not value.startswith("/") and ".." not in value.split("/") and "\\" not in value:
        return value
    raise ValueError("must be a name below the target's folder, such as offers/inbox, without .. and a leading /.")


def _template(value: object) -> object:
    text = str(_relative(value))
    unknown = sorted(set(_PLACE.findall(text)) - set(PLACES))
    if unknown or "{edition}" not in text or "{file}" not in text:
        known = ", ".join(f"{{{name}}}" for name in PLACES)
        raise ValueError(
            f"must hold {{edition}} and {{file}}, so that no night overwrites another; it may hold {known}."
        )
    return text


def _address(value: object) -> object:
    parts = urlsplit(str(value))
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)
    # Not repeated: somebody may have written a password or a key into it.
    if not is_safe or parts.username or parts.password or not parts.hostname:
        raise ValueError("must be an https:// address without user and password (http:// only to this machine).")
    unknown = sorted(set(_PLACE.findall(str(value))) - set(PLACES))
    if unknown:
        raise ValueError(f"holds {{{unknown[0]}}}; it may hold {', '.join(f'{{{name}}}' for name in PLACES)}.")
    return value


def _job_address(value: object) -> object:
    if value == "":
        return value
    text = str(value)
    _address(text.replace("{job}", "job"))
    if "{job}" not in text:
        raise ValueError("must hold {job}, the job's number.")
    return text


def _host(value: object) -> object:
    if value is None or (isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9.:-]+", value)):
        return value
    # Not repeated, for the same reason.
    raise ValueError("must be a host's name or address, without user, password and sftp://.")


def _host_key(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"(ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,3}", value):
        return value
    raise ValueError(
        'must be the server\'s public key as in known_hosts, such as "ssh-ed25519 AAAA..."; ask who runs the server '
        "for it, or compare what `ssh-keyscan` prints with them."
    )


def _absolute(value: object) -> object:
    if isinstance(value, str) and value.startswith("/"):
        return value
    raise ValueError("must be an absolute path, such as /mnt/crm/inbox.")


def _absolute_or_none(value: object) -> object:
    return None if value is None else _absolute(value)


def _plain_headers(value: object) -> object:
    for name in value if isinstance(value, dict) else ():
        if _SECRET_HEADER.search(str(name)):
            raise ValueError(f"{name} looks like a secret; write it under headers_env with a variable's name.")
    return value


Relative = Annotated[str, BeforeValidator(_relative)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
Words = Annotated[tuple[str, ...], Field(min_length=1)]
HeaderText = Annotated[str, Field(pattern=r"^[\x20-\x7e]{0,500}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FolderTarget(_Part):
    """A folder of this machine, such as a mounted share."""

    # An absolute path; the folder must exist, so that a share that is not mounted is noticed.
    path: Annotated[str, BeforeValidator(_absolute)]


class SftpTarget(_Part):
    """A folder of an SFTP server."""

    # The server; left out where the Airflow connection says it.
    host: Annotated[str | None, BeforeValidator(_host)] = None
    # Its port; 22, or the Airflow connection's, unless said.
    port: Annotated[int, Field(gt=0, lt=65_536)] | None = None
    # The user's name; left out where the Airflow connection says it.
    user: str | None = None
    # The server's public key as in known_hosts ("ssh-ed25519 AAAA..."); a server with another key is refused.
    host_key: Annotated[str, BeforeValidator(_host_key)]
    # An Airflow connection with host, login, and password or private key.
    airflow_connection: ConnectionId | None = None
    # The environment variable with the password.
    password_env: Variable | None = None
    # The environment variable with the private key's text.
    key_env: Variable | None = None
    # A file with the private key.
    key_file: str | None = None
    # The environment variable with the private key's passphrase.
    passphrase_env: Variable | None = None
    # The folder on the server; from its root when it begins with /.
    folder: Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$")] = ""

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        named = [self.airflow_connection, self.password_env, self.key_env, self.key_file]
        if sum(value is not None for value in named) != 1:
            raise ValueError("needs one of airflow_connection, password_env, key_env, key_file.")
        if self.airflow_connection is None and (self.host is None or self.user is None):
            raise ValueError("needs host and user (or airflow_connection, which holds them).")
        return self


class S3Target(_Part):
    """A bucket of Amazon S3, or of a store that speaks S3."""

    # The bucket.
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    # Stands before every name, such as offers/inbox.
    prefix: Relative = ""
    # An Airflow connection with the keys (login and password); instead of the two variables.
    airflow_connection: ConnectionId | None = None
    # The environment variable with the access key's id.
    key_id_env: Variable = "AWS_ACCESS_KEY_ID"
    # The environment variable with the secret key.
    secret_env: Variable = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 the name of a variable
    # For credentials that expire; left out of the request when the variable is not set.
    session_token_env: Variable = "AWS_SESSION_TOKEN"  # noqa: S105 the name of a variable
    # The bucket's region.
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,40}$")] = "eu-north-1"
    # MinIO and its like: a host and port; empty means Amazon.
    endpoint: Endpoint = None
    # false only for a store on this machine or in a closed network.
    use_ssl: bool = True
    # Larger files go in parts of so many MiB.
    part_mib: Annotated[int, Field(ge=5, le=1024)] = 16


class JobSettings(_Part):
    """How a server tells what became of an upload that it answers with 202; names within JSON are joined by dots."""

    # Where to ask about a job, with {job}; empty asks at the answer's Location, which must be of the same server.
    status_url: Annotated[str, BeforeValidator(_job_address)] = ""
    # Where the job's number stands in the answer to the upload.
    id_key: Key = "id"
    # Where its state stands in the answer about a job.
    state_key: Key = "status"
    # States of a job that is done; every state that is in neither list is waited for.
    done: Words = ("done", "complete", "completed", "finished", "success", "succeeded", "jobcomplete")
    # States of a job that took nothing.
    failed: Words = ("failed", "error", "aborted", "canceled", "cancelled", "rejected")
    # Where the records that a done job did not take are fetched (CSV with a header, or JSON), with {job}.
    refused_url: Annotated[str, BeforeValidator(_job_address)] = ""
    # Where their list stands: in the JSON of refused_url, or without one in the answer about the job.
    refused_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,200}$")] = ""
    # Where in such a record our offer_key stands; other records are counted only.
    record_key: Key = "offer_key"
    # Where the reason stands.
    reason_key: Key = "reason"


class HttpTarget(_Part):
    """An address that takes one file per request."""

    # Where files go; {edition}, {date}, {block} and {file} are filled in.
    url: Annotated[str, BeforeValidator(_address)]
    # How they are sent.
    method: Literal["POST", "PUT"] = "POST"
    # The name of the form's field when files go as multipart/form-data; empty sends the file as the body.
    form_field: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,64}$")] = ""
    # The environment variable with a bearer token.
    token_env: Variable | None = None
    # A file with the certificates (PEM) of who vouches for the server, where that is not one whom browsers know.
    ca_file: Annotated[str | None, BeforeValidator(_absolute_or_none)] = None
    # An Airflow connection whose password is the bearer token; instead of token_env.
    airflow_connection: ConnectionId | None = None
    # Headers whose values are secrets: header name -> environment variable.
    headers_env: Annotated[dict[HeaderName, Variable], Field(default_factory=dict)]
    # Headers without secrets.
    headers: Annotated[dict[HeaderName, HeaderText], Field(default_factory=dict), BeforeValidator(_plain_headers)]
    # Uploads that the server works on after its answer.
    job: JobSettings = JobSettings()

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        if self.token_env is not None and self.airflow_connection is not None:
            raise ValueError("has token_env and airflow_connection; keep one.")
        return self


class RetrySettings(_Part):
    """How often a file is tried when a target cannot be reached, is busy or fails."""

    # So many attempts per file and run.
    attempts: Annotated[int, Field(ge=1, le=20)] = 5
    # Seconds before the second attempt; each later wait is twice as long, shortened by lot by up to a half.
    first_wait_seconds: Annotated[float, Field(ge=0, le=3600)] = 2.0
    # No wait is longer, not even one that the server asks for.
    longest_wait_seconds: Annotated[float, Field(ge=0, le=3600)] = 120.0
    # An attempt fails when the target is silent for so long.
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    # A job that an upload began is asked about for so long, with the same growing waits.
    job_seconds: Annotated[float, Field(ge=0, le=86_400)] = 600.0


class DeliverySettings(_Part):
    """Where the files of one block go after publication: one of folder, sftp, s3 and http."""

    # A folder of this machine.
    folder: FolderTarget | None = None
    # An SFTP server.
    sftp: SftpTarget | None = None
    # A bucket.
    s3: S3Target | None = None
    # An HTTP address.
    http: HttpTarget | None = None
    # The name of a file at a folder, server or bucket.
    name: Annotated[str, BeforeValidator(_template)] = "{edition}/{block}/{file}"
    # A last file <block>.manifest.json lists what was delivered (not for http).
    manifest: bool = True
    # What to do when a target fails.
    retry: RetrySettings = RetrySettings()

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if sum(target is not None for target in (self.folder, self.sftp, self.s3, self.http)) != 1:
            raise ValueError("needs one of folder, sftp, s3, http.")
        return self

    @property
    def target(self) -> FolderTarget | SftpTarget | S3Target | HttpTarget:
        """Return the one target."""
        return next(target for target in (self.folder, self.sftp, self.s3, self.http) if target is not None)

    @property
    def connection(self) -> str | None:
        """Return the id of the Airflow connection that the target names."""
        return getattr(self.target, "airflow_connection", None)


# The blocks within `delivery`, for the reference.
BLOCKS: dict[str, type[BaseModel]] = {
    "folder": FolderTarget,
    "sftp": SftpTarget,
    "s3": S3Target,
    "http": HttpTarget,
    "http.job": JobSettings,
    "retry": RetrySettings,
}
