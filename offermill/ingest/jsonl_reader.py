"""JSON lines: one flat object a line; numbers are kept as they are written, so no amount passes through a float."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from offermill.errors import InputError
from offermill.ingest import header
from offermill.ingest.batches import BATCH_ROWS, RECORD_CHARACTERS, Batch, Reject, Tally, text_table
from offermill.ingest.codes import RejectCode
from offermill.ingest.contracts import Contract
from offermill.ingest.decode import Decoder, opened
from offermill.ingest.sources import SourceSettings

# JSON can escape one half of a pair alone; no text can hold it.
_HALF_PAIR = re.compile("[\ud800-\udfff]")


class _NotAllowedError(ValueError):
    """A JSON value that no contract column can hold."""

    def __init__(self, code: RejectCode, told: str, detail: str | None = None) -> None:
        super().__init__(told)
        self.code = code
        self.detail = detail


def _no_constant(name: str) -> str:
    raise _NotAllowedError("no_constant", f"holds {name}, which is no JSON value; send null.", name)


def _flat(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise _NotAllowedError("same_name", "holds the same name twice; keep one.")
    return record


_DECODER = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=_no_constant, object_pairs_hook=_flat, strict=False
)


def _text(name: str, value: object, limit: int) -> str | None:
    if isinstance(value, str):
        _check_text(name, value, limit)
        return value
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    raise _NotAllowedError("not_flat", f"{name} holds a list or an object; send one plain value.", name)


def _check_text(name: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise InputError(f"{name} is longer than {limit:,} characters")
    if not value.isascii() and _HALF_PAIR.search(value):
        told = f"{name} holds half of a surrogate pair, which is no text; export the record again."
        raise _NotAllowedError("half_pair", told, name)


def read(path: Path, contract: Contract, source: SourceSettings, place: str, tally: Tally) -> Iterator[Batch]:
    """Yield the records of a JSON-lines file as text; `tally` is complete when the last batch is out.

    Raises:
        InputError: the file as a whole cannot be trusted (empty, names that no record has, encoding, limits).
    """
    with opened(path, source, place) as stream:
        yield from _Reader(Decoder(stream, source, place), contract, source, place, tally).batches()


class _Reader:
    """Parses one file and remembers which names it has seen."""

    def __init__(self, decoder: Decoder, contract: Contract, source: SourceSettings, place: str, tally: Tally) -> None:
        self._decoder = decoder
        self._contract = contract
        self._source = source
        self._place = place
        self._tally = tally
        self._wanted = {column: source.renames.get(column, column) for column in contract.columns}
        self._seen: dict[str, None] = {}
        self._kept: list[list[str | None]] = []
        self._lines: list[int] = []
        self._rejects: list[Reject] = []

    def batches(self) -> Iterator[Batch]:
        for number, line in enumerate(self._decoder.lines(), start=1):
            self._tally.lines = number
            self._take(number, line)
            if len(self._lines) >= BATCH_ROWS:
                yield self._batch()
        self._check_names()
        yield self._batch()

    def _take(self, number: int, line: str) -> None:
        if not line.strip():
            self._tally.blank_lines += 1
            return
        try:
            self._kept.append(self._values(number, line))
            self._lines.append(number)
        except (json.JSONDecodeError, _NotAllowedError) as problem:
            self._reject(number, line, problem)
        except InputError as problem:
            raise InputError(f"{self._place}:{number}: {problem}; nothing was loaded.") from problem

    def _values(self, number: int, line: str) -> list[str | None]:
        if number in self._decoder.bad_lines:
            offset, byte = self._decoder.bad_lines[number]
            raise _NotAllowedError(
                "bad_bytes",
                f"byte 0x{byte:02x} at offset {offset:,} of the file is not {self._source.encoding}; "
                "export the record again.",
                self._source.encoding,
            )
        try:
            record = _DECODER.decode(line.rstrip("\n"))
        except RecursionError as problem:
            told = "is nested too deeply; send one flat object a line."
            raise _NotAllowedError("too_nested", told) from problem
        if not isinstance(record, dict):
            raise _NotAllowedError("no_object", "is no JSON object; send one object a line.")
        if record.keys() - self._seen.keys():
            self._seen.update(dict.fromkeys(record))
        if len(self._seen) > self._source.max_columns:
            raise InputError(f"more than {self._source.max_columns:,} different names, the limit of the source")
        limit = self._source.max_field_characters
        return [_text(name, record.get(name), limit) for name in self._wanted.values()]

    def _reject(self, number: int, line: str, problem: json.JSONDecodeError | _NotAllowedError) -> None:
        record = line.rstrip("\n")[:RECORD_CHARACTERS]
        if isinstance(problem, _NotAllowedError):
            self._rejects.append(Reject(number, str(problem), record, problem.code, problem.detail))
            return
        told = f"is not valid JSON at character {problem.pos + 1}: {problem.msg}."
        self._rejects.append(Reject(number, told, record, "no_json"))

    def _check_names(self) -> None:
        if not self._tally.lines and not self._source.allow_empty:
            raise InputError(f"{self._place}: the file is empty. An export probably failed; deliver it again.")
        if self._seen:
            matched = header.match(list(self._seen), self._contract, self._source, self._place)
            self._tally.ignored, self._tally.absent = matched.ignored, matched.absent

    def _batch(self) -> Batch:
        columns = list(zip(*self._kept, strict=True)) or [()] * len(self._wanted)
        batch = Batch(text_table(list(self._wanted), columns, self._lines), tuple(self._rejects))
        self._kept, self._lines, self._rejects = [], [], []
        return batch
