"""Google Ads Customer Match: tonight's audience as a file of hashed addresses that replaces the list in Google Ads."""

from collections.abc import Iterator
from pathlib import Path

from offermill import datapackage
from offers.channels import audience, documents, hashing, splitting, tables
from offers.channels.contract import MEGABYTE, FileContract, Leaving, Limits, Target
from offers.channels.formats import Csv

RULES = {"email": hashing.google_email, "phone": hashing.google_phone}

CONTRACT = FileContract(
    name="customer_match",
    title="Audience for Google Ads Customer Match",
    sql=tables.query("audience"),
    # Google matches a name only beside country and postal code, and shops give us no postal code: names stay at home.
    columns=(
        audience.column("Email", "SHA-256 of the e-mail address by Google's rule; empty without consent or address."),
        audience.column("Phone", "SHA-256 of the number in E.164 with its +; empty without consent or number."),
    ),
    key=("Email", "Phone"),
    format=Csv(),
    limits=Limits(bytes=100 * MEGABYTE),
    empty_cell="clears",
    statuses=("offered",),
)


def _write(leaving: Leaving, folder: Path) -> Iterator[datapackage.Resource]:
    parts = splitting.write(CONTRACT, folder / CONTRACT.name, audience.hashed(leaving, RULES), 0)
    yield from documents.resources(leaving, CONTRACT, parts)


TARGET = Target(
    name="google_customer_match",
    title="Google Ads Customer Match: hashed addresses, as a file",
    documents=_write,
    is_audience=True,
    written=(CONTRACT,),
    setup="In Google Ads choose *Customer list*, *Upload hashed data*, and every night *Replace*. Google uses no "
    "list of fewer than 100 people.",
)
