"""Mailchimp: fields of an audience's contacts. A field holds 255 bytes and clips what is longer, within a word.

Nothing is shortened: a sentence is laid at spaces over three fields, none of them ever empty, and one that does not fit
is refused. The e-mail's template writes `*|OTEXT1|* *|OTEXT2|* *|OTEXT3|*`.
"""

import re

import pyarrow as pa

from offers.channels import cells, tables
from offers.channels.contract import MEGABYTE, Column, FileContract, Limits, Target
from offers.channels.formats import Csv

_BYTES = 255
_PARTS = ("OTEXT1", "OTEXT2", "OTEXT3")
# Where a sentence may be divided; an amount and its currency, with a no-break space between them, stay together.
_BLANK = " \t\r\n"
_SPACES = re.compile(f"[{_BLANK}]+")


def _laid(text: str) -> list[str]:
    """Return a text as three parts of at most 255 bytes, where spaces allow it.

    Joined by spaces they are the text, with one space for every run of spaces and line ends.
    """
    words, parts = _SPACES.split(text.strip(_BLANK)), []
    for after in (2, 1):
        part = words[:1]
        # Every later part keeps a word of its own.
        while len(words) - len(part) > after and len(" ".join([*part, words[len(part)]]).encode()) <= _BYTES:
            part.append(words[len(part)])
        parts.append(" ".join(part))
        words = words[len(part) :]
    return [*parts, " ".join(words)]


def _in_parts(text: str) -> list[str]:
    # Fewer than three words (of an ended offer, one) leave fields to fill: an empty one would keep an old text.
    return _laid(text) if len(_SPACES.findall(text.strip(_BLANK))) >= len(_PARTS) - 1 else [text, "-", "-"]


def prepare(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Lay the sentence, which the query gives whole as the first part, over the three fields."""
    places = [batch.schema.get_field_index(name) for name in _PARTS]
    # Before it is measured: what stands for < and > is longer.
    laid = [_in_parts(text) for text in cells.without_tags(batch.column(places[0])).to_pylist()]
    columns = list(batch.columns)
    for part, place in enumerate(places):
        columns[place] = pa.array([parts[part] for parts in laid], pa.string())
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _field(name: str, meaning: str, *, is_html: bool = False) -> Column:
    return Column(name, "text", meaning, max_bytes=_BYTES, is_html=is_html)


COLUMNS = (
    Column("Email Address", "text", "The contact.", pattern=r"[!-?A-~]+@[^@\s]+", max_bytes=_BYTES, is_contact=True),
    _field("OSTATUS", "offered; `withdrawn` ends the offer."),
    _field("OKEY", "Key of the offer."),
    _field("OTEXT1", "First part of the sentence; `none` when the offer ended.", is_html=True),
    _field("OTEXT2", "Second part of the sentence; `-` when there is none.", is_html=True),
    _field("OTEXT3", "Third part of the sentence; `-` when there is none.", is_html=True),
    _field("ONOTICE", "Notice of a personalised price; `none` where none.", is_html=True),
    _field("OUSE", "How the customer uses it; `none` when the offer ended.", is_html=True),
    _field("OTERMSURL", "Page with all terms, which a field of 255 bytes cannot hold; `none` where none."),
    Column("OVALUE", "money", "What the offer is worth to the customer; 0 when it ended."),
    _field("OCURRENCY", "ISO 4217 code."),
    Column("OFROM", "date", "First day it counts."),
    Column("OUNTIL", "date", "Last day it counts; of an ended offer the night that took it back."),
    _field("OCODE", "Code the customer shows or types; `none` when it is not known."),
)

TARGET = Target(
    name="mailchimp",
    title="Mailchimp: fields of an audience's contacts",
    files=(
        FileContract(
            name="contacts",
            title="Fields of contacts",
            sql=tables.query("mailchimp_contacts"),
            columns=COLUMNS,
            key=("Email Address",),
            format=Csv(),
            # Larger files are said to fail; no limit is published.
            limits=Limits(bytes=100 * MEGABYTE),
            empty_cell="keeps",
            prepare=prepare,
        ),
    ),
    keeps_one=True,
    address="email",
    # Other letters than English ones are taken after the @ only.
    address_pattern=r"^[!-?A-~]+@[^@\s]+$",
    channels=("email",),
    setup=(
        "Make the fields: `OVALUE` as a number, the others as texts. Import with `Update any existing contacts`; the "
        "template writes `*|OTEXT1|* *|OTEXT2|* *|OTEXT3|*` while `OSTATUS` is `offered`."
    ),
)
