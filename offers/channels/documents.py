"""Manifest entries of files that a target writes itself."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from offermill import datapackage
from offers.channels import handover, splitting
from offers.channels.contract import FileContract, Leaving


def resource(leaving: Leaving, path: Path, title: str, rows: int) -> datapackage.Resource:
    """Return the entry of one file that is no table."""
    return datapackage.Resource(f"{handover.FOLDER}/{leaving.block}/{path.name}", f"{leaving.block}: {title}", rows)


def resources(
    leaving: Leaving, contract: FileContract, parts: Sequence[splitting.Part]
) -> Iterator[datapackage.Resource]:
    """Yield the entries of a contract's parts; its rows have no key of their own."""
    for place, part in splitting.numbered(parts):
        entry = resource(leaving, part.path, f"{contract.title}{place}", part.rows)
        yield datapackage.Resource(entry.path, entry.title, entry.rows, handover.fields_of(contract))
