"""Bytes to text, strictly: gzip is watched for bombs, the declared encoding is never guessed, line ends become LF."""

import gzip
import io
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from offermill.errors import InputError
from offermill.ingest.encodings import guess
from offermill.ingest.sources import SourceSettings

CHUNK_BYTES = 1 << 20
# Before this many bytes a high ratio says little: a small file of repeated text shrinks well.
EXPANSION_GRACE_BYTES = 10_000_000
# Bytes of undecodable lines kept to guess the encoding from.
SAMPLE_BYTES = 65_536

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class _Expanding(io.RawIOBase):
    """Reads gzip in pieces and stops when the text grows out of proportion, before it fills a disk."""

    def __init__(self, raw: BinaryIO, packed_bytes: int, source: SourceSettings, place: str) -> None:
        self._file = gzip.GzipFile(fileobj=raw)
        self._packed_bytes = packed_bytes
        self._source = source
        self._place = place
        self._total = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise InputError(
                f"{self._place}: the gzip data is damaged or ends early ({problem}); "
                "deliver the file again, and use done_marker if it may still be written when the night starts."
            ) from problem
        self._total += len(data)
        self._check()
        return data

    def _check(self) -> None:
        limit = self._packed_bytes * self._source.max_expansion
        if self._total > max(limit, EXPANSION_GRACE_BYTES):
            raise InputError(
                f"{self._place}: {self._packed_bytes:,} bytes of gzip hold more than {self._total:,} bytes of text, "
                "over "
                f"{self._source.max_expansion} times as much; refused as a gzip bomb. If the file is honest, raise "
                "max_expansion of the source."
            )


@contextmanager
def opened(path: Path, source: SourceSettings, place: str) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, unpacking `.gz`; links are not followed.

    Raises:
        InputError: a symbolic link, too large, or (while reading) damaged gzip or a gzip bomb.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as problem:
        raise InputError(f"{place}: cannot be opened: {problem.strerror}.") from problem
    with os.fdopen(descriptor, "rb") as raw:
        size = os.fstat(descriptor).st_size
        if path.suffix != ".gz":
            yield raw
        else:
            yield cast(BinaryIO, _Expanding(raw, size, source, place))


@dataclass
class Decoder:
    """Text of one file in pieces of whole lines; bad bytes are remembered by line, so that only their records suffer.

    Attributes:
        bad_lines: physical line -> (offset of the first bad byte in the unpacked file, that byte).
        line_count: lines in the pieces yielded so far.
    """

    stream: BinaryIO
    source: SourceSettings
    place: str
    bad_lines: dict[int, tuple[int, int]] = field(default_factory=dict)
    line_count: int = 0
    _good_lines: int = 0
    _sample: bytes = b""

    def pieces(self) -> Iterator[str]:
        """Yield text that ends with a whole line; every line end is LF.

        Raises:
            InputError: the file is in another encoding than declared, or one line is longer than any record may be.
        """
        for text in self._plain_pieces() if _is_line_safe(self.source.encoding) else self._wide_pieces():
            self.line_count += text.count("\n") + (not text.endswith("\n"))
            yield text
        self._judge(final=True)

    def lines(self) -> Iterator[str]:
        """Yield the lines of all pieces, each with its LF."""
        for text in self.pieces():
            yield from io.StringIO(text, newline="\n")

    def _plain_pieces(self) -> Iterator[str]:
        carry, offset = b"", 0
        carry, offset = self._skip_mark(self.stream.read(CHUNK_BYTES))
        while True:
            data = self.stream.read(CHUNK_BYTES)
            held = carry + data
            cut = _cut(held) if data else len(held)
            whole, carry = held[:cut], held[cut:]
            self._check_length(carry)
            if whole:
                yield self._decoded(whole, offset)
                offset += len(whole)
            if not data:
                return

    def _skip_mark(self, start: bytes) -> tuple[bytes, int]:
        self._check_start(start)
        return (start[len(_BOM) :], len(_BOM)) if start.startswith(_BOM) else (start, 0)

    def _check_start(self, start: bytes) -> None:
        guess = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else None
        head = start[:4096]
        if guess is None and len(head) >= 8 and head.count(0) > len(head) * 0.3:
            guess = "utf-16-le" if head[1] == 0 else "utf-16-be"
        if guess:
            raise self._wrong_encoding(guess)
        if start.startswith(_BOM) and self.source.encoding != "utf-8":
            raise InputError(
                f"{self.place}: begins with the mark of UTF-8, but shop.yml declares {self.source.encoding}. "
                "Remove `encoding` from the source."
            )

    def _decoded(self, whole: bytes, offset: int) -> str:
        try:
            text = whole.decode(self.source.encoding)
        except UnicodeDecodeError:
            return self._decoded_by_line(whole, offset)
        if not whole.isascii():
            # Counted only roughly, in chunks without a bad byte: many good lines acquit the encoding.
            self._good_lines += 1
        return _with_plain_line_ends(text)

    def _decoded_by_line(self, whole: bytes, offset: int) -> str:
        lines: list[str] = []
        number = self.line_count + 1
        position = 0
        while position < len(whole):
            end = _LINE_END.search(whole, position)
            stop, after = (end.start(), end.end()) if end else (len(whole), len(whole))
            lines.append(self._line(whole[position:stop], number + len(lines), offset + position) + "\n")
            position = after
        self._judge()
        return "".join(lines)

    def _line(self, raw: bytes, number: int, offset: int) -> str:
        try:
            text = raw.decode(self.source.encoding)
        except UnicodeDecodeError as problem:
            self.bad_lines[number] = (offset + problem.start, raw[problem.start])
            self._sample = (self._sample + raw + b"\n")[:SAMPLE_BYTES]
            return raw.decode(self.source.encoding, errors="replace")
        self._good_lines += not raw.isascii()
        return text

    def _judge(self, *, final: bool = False) -> None:
        """Bad bytes on most lines with letters beyond ASCII mean another encoding, not a damaged record."""
        bad = len(self.bad_lines)
        if bad >= (2 if final else 1_000) and bad > self._good_lines:
            raise self._wrong_encoding(guess(self._sample))

    def _wrong_encoding(self, likely: str | None) -> InputError:
        hint = f"it looks like {likely}: add `encoding: {likely}` to the source" if likely else "declare its encoding"
        return InputError(
            f"{self.place}: the file is not {self.source.encoding}; {hint} after a look at the names in it. "
            "Nothing was loaded, because a wrong guess would garble every name."
        )

    def _check_length(self, carry: bytes) -> None:
        limit = max(CHUNK_BYTES, 16 * self.source.max_field_characters)
        if len(carry) > limit:
            raise InputError(
                f"{self.place}: a line is longer than {limit:,} bytes, more than any record may be; nothing was "
                "loaded. "
                "Check the line ends, or raise max_field_characters of the source."
            )

    def _wide_pieces(self) -> Iterator[str]:
        """Yield lines of an encoding whose bytes cannot be cut at line ends (UTF-16 and the like)."""
        text = io.TextIOWrapper(io.BufferedReader(_raw(self.stream)), self.source.encoding, "strict")
        carry = ""
        try:
            while piece := text.read(CHUNK_BYTES):
                held = carry + piece
                cut = held.rfind("\n") + 1
                carry = held[cut:]
                self._check_length(carry.encode("utf-8", "replace"))
                if cut:
                    yield held[:cut]
        except UnicodeError as problem:
            raise InputError(
                f"{self.place}: cannot be read as {self.source.encoding}, which shop.yml declares ({problem}); "
                "correct `encoding` of the source."
            ) from problem
        if carry:
            yield carry


class _Raw(io.RawIOBase):
    """Lets a text wrapper read from anything with `read`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _raw(stream: BinaryIO) -> io.RawIOBase:
    return _Raw(stream)


def _cut(held: bytes) -> int:
    """Return where the last whole line ends; a CR at the very end may be half of a CRLF."""
    body = held[:-1] if held.endswith(b"\r") else held
    return max(body.rfind(b"\n"), body.rfind(b"\r")) + 1


def _with_plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _is_line_safe(encoding: str) -> bool:
    """Tell whether a byte LF always is a line end in the encoding."""
    if encoding in ("utf-8", "ascii"):
        return True
    single = len(bytes(range(256)).decode(encoding, "replace")) == 256
    return single and "\r\n".encode(encoding) == b"\r\n"
