"""Meta Custom Audiences: tonight's audience as a file of hashed addresses that replaces the audience at Meta."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from offermill import datapackage
from offers.channels import audience, documents, hashing, splitting, tables
from offers.channels.contract import MEGABYTE, FileContract, Leaving, Limits, Target
from offers.channels.formats import Csv

RULES = {
    "email": hashing.meta_email,
    "phone": hashing.meta_phone,
    "first_name": hashing.meta_name,
    "last_name": hashing.meta_name,
    "country": hashing.meta_country,
}
OPTIONS = (("names", "no", "`yes` sends hashed names and the country beside the addresses: more matches, more data."),)
CHOICES = (("names", ("no", "yes")),)

CONTRACT = FileContract(
    name="custom_audience",
    title="Audience for Meta",
    sql=tables.query("audience"),
    columns=(
        audience.column("email", "SHA-256 of the e-mail address, dots and + kept; empty without consent or address."),
        audience.column(
            "phone", "SHA-256 of the number's digits, country code first; empty without consent or number."
        ),
        audience.column(
            "fn", "SHA-256 of the first name, lower-case, without punctuation; empty unless `names` is yes."
        ),
        audience.column(
            "ln", "SHA-256 of the last name, lower-case, without punctuation; empty unless `names` is yes."
        ),
        audience.column("country", "SHA-256 of the shop's country, two small letters; empty unless `names` is yes."),
    ),
    key=("email", "phone"),
    format=Csv(),
    limits=Limits(bytes=100 * MEGABYTE),
    empty_cell="clears",
    statuses=("offered",),
)


def rows(leaving: Leaving) -> Iterator[pa.RecordBatch]:
    """Yield tonight's audience hashed by Meta's rules, with names when the block says so."""
    return audience.hashed(leaving, RULES, with_names=leaving.options["names"] == "yes")


def _write(leaving: Leaving, folder: Path) -> Iterator[datapackage.Resource]:
    parts = splitting.write(CONTRACT, folder / CONTRACT.name, rows(leaving), 0)
    yield from documents.resources(leaving, CONTRACT, parts)


TARGET = Target(
    name="meta_audiences",
    title="Meta Custom Audiences: hashed addresses, as a file",
    options=OPTIONS,
    choices=CHOICES,
    documents=_write,
    is_audience=True,
    written=(CONTRACT,),
    setup="In Ads Manager upload the file as a customer list that is hashed already, and every night replace it. Meta "
    "makes no use of an audience of fewer than 100 people.",
)
