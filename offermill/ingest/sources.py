"""The `sources:` section of shop.yml: where each source's files are and how they are written."""

import codecs
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from offermill.ingest.connections import PostgresSettings, S3Settings

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Character = Annotated[str, Field(min_length=1, max_length=1)]

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
_DATE = re.compile(r"\{date(?::(?P<format>[^{}]*))?\}")


def date_part(pattern: str) -> re.Match[str] | None:
    """Return the `{date}` or `{date:%Y%m%d}` part of a file-name pattern."""
    return _DATE.search(pattern)


_REMOTE = re.compile(r"(?P<place>s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(?:[^/{}*?\[\]\\]+/)*)(?P<name>[^/]+)")


def split_remote(pattern: str) -> tuple[str, str]:
    """Return (`s3://bucket/folder/`, name pattern) of a declared name; the place is empty for local files."""
    found = _REMOTE.fullmatch(pattern)
    return (found["place"], found["name"]) if found else ("", pattern)


def _checked_name(pattern: str) -> str:
    if "://" in pattern:
        return _checked_remote(pattern)
    if "/" in pattern or "\\" in pattern:
        raise ValueError("is a file name inside landing/<source>/, without folders.")
    if not pattern.endswith(SUFFIXES):
        raise ValueError(f"must end with one of {', '.join(SUFFIXES)}.")
    return pattern


def _checked_remote(pattern: str) -> str:
    place, name = split_remote(pattern)
    if not place:
        # Not repeated: somebody may have written a key and a secret in front of the bucket.
        raise ValueError(
            'must be a name such as "s3://bucket/folder/orders_{date}.csv"; keys stand in the environment.'
        )
    _checked_name(name)
    return pattern


class SourceSettings(BaseModel):
    """One source: `sources: {orders: {files: "orders_{date}.csv.gz"}}`.

    Names of columns are those of the contract in expectations/raw/<source>.yml; `renames` maps them to the file's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Daily deliveries: {date} (or {date:%Y%m%d}) is the business date, * any text; a day may have several files.
    files: str | None = None
    # The first load, taken once: its rows count as arrived when they happened.
    history: str | None = None
    # Behind s3:// names in `files` and `history`; or straight from a database, instead of files.
    s3: S3Settings | None = None
    postgres: PostgresSettings | None = None
    # A required source stops the night when tonight's delivery is missing, empty or stale.
    required: bool = False
    # Lets a required source deliver a file with a header and no rows.
    allow_empty: bool = False
    # {file} is the delivery's name: a file such as orders_2026-06-30.csv.done says that the delivery is whole.
    done_marker: str | None = None
    # Wait until size and time of a file stood still for so long; give up after wait_seconds.
    stable_seconds: Seconds = 0
    wait_seconds: Seconds = 0

    encoding: str = "utf-8"
    delimiter: Character = ","
    quote: Character = '"'
    decimal_separator: Literal[".", ","] = "."
    thousands_separator: Literal["", ".", ",", " ", "'"] = ""
    date_format: str = "%Y-%m-%d"
    timestamp_format: str | None = None
    # The zone of times written without an offset; the shop's own unless said otherwise.
    time_zone: str | None = None
    renames: dict[str, str] = Field(default_factory=dict)

    # More bad records than this share stop the night; gates.reject_rate_max unless said otherwise.
    reject_rate_max: Share | None = None
    # Events older than so many days before their delivery are reported and left out; the contract's unless said.
    late_days: Annotated[int, Field(ge=0)] | None = None

    # Limits hold memory and disk against damaged or hostile files.
    max_field_characters: Annotated[int, Field(ge=100, le=10_000_000)] = 65_536
    max_columns: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    max_file_bytes: Annotated[int, Field(ge=1)] = 50_000_000_000
    max_expansion: Annotated[int, Field(ge=2)] = 200

    @field_validator("files")
    @classmethod
    def _files_have_a_date(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        if len(_DATE.findall(pattern)) != 1:
            raise ValueError('must hold {date} once, such as "orders_{date}.csv".')
        return _checked_name(pattern)

    @field_validator("history")
    @classmethod
    def _history_has_no_date(cls, pattern: str | None) -> str | None:
        if pattern is not None and date_part(pattern):
            raise ValueError('is one load without {date}, such as "orders_history*.parquet".')
        return pattern if pattern is None else _checked_name(pattern)

    @field_validator("done_marker")
    @classmethod
    def _marker_names_the_file(cls, pattern: str | None) -> str | None:
        if pattern is not None and ("{file}" not in pattern or "/" in pattern):
            raise ValueError('must hold {file} and no folder, such as "{file}.done".')
        return pattern

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            return codecs.lookup(name).name
        except LookupError as problem:
            raise ValueError("is no known encoding; write one such as utf-8 or windows-1257.") from problem

    @model_validator(mode="after")
    def _separators_differ(self) -> "SourceSettings":
        if self.decimal_separator == self.thousands_separator:
            raise ValueError("decimal_separator and thousands_separator must differ.")
        if self.delimiter == self.quote:
            raise ValueError("delimiter and quote must differ.")
        return self

    @model_validator(mode="after")
    def _one_place(self) -> "SourceSettings":
        declared = [pattern for pattern in (self.files, self.history) if pattern]
        if self.postgres is not None and declared:
            raise ValueError("comes from postgres or from files, not from both.")
        if len({split_remote(pattern)[0] for pattern in declared}) > 1:
            raise ValueError("files and history must lie in one place: the same s3:// folder, or landing/.")
        if self.is_remote and self.done_marker:
            raise ValueError("done_marker is for files in landing/; what is remote is fetched whole.")
        return self

    @property
    def is_remote(self) -> bool:
        """Tell whether deliveries must be fetched first."""
        return self.postgres is not None or bool(split_remote(self.files or self.history or "")[0])

    @property
    def as_local(self) -> "SourceSettings":
        """Return the settings that read the fetched copies."""
        names = {key: split_remote(value)[1] for key in ("files", "history") if (value := getattr(self, key))}
        return self.model_copy(update=names)
