"""Every block of `channels:` in shop.yml: its messages, its target's files, and what the manifest says of them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from offermill import datapackage
from offermill.errors import ConfigError, PublishError
from offermill.run import Run
from offermill.settings import Settings
from offermill.settings_channels import ChannelSettings
from offermill.warehouse import Warehouse
from offermill.yamlfile import nearest
from offers.channels import messages, registry, splitting, tables, told
from offers.channels.contract import FileContract, Leaving, Status, Target
from offers.targets import known_segments

FOLDER = "channels"
# Frictionless types of the columns; amounts are decimals, and JSON files have no table schema.
_TYPES = {"text": "string", "integer": "integer", "money": "number", "date": "date", "boolean": "boolean"}


@dataclass(frozen=True)
class Handover:
    """The files of all blocks, and what the manifest tells of each block."""

    resources: list[datapackage.Resource]
    facts: dict[str, object]


def bound(run: Run, options: dict[str, str], status: Status) -> dict[str, object]:
    return {**run.parameters, **{f"option_{name}": value for name, value in options.items()}, "offer_status": status}


def _check_key(warehouse: Warehouse, contract: FileContract, parameters: dict[str, object], file: str) -> None:
    names = ", ".join(f'"{name}"' for name in contract.key)
    sql = f"select {names}, count(*) from ({contract.sql}) group by {names} having count(*) > 1 order by all limit 1"
    for *key, count in warehouse.rows(sql, parameters):
        named = ", ".join(f"{name}={value}" for name, value in zip(contract.key, key, strict=True))
        raise PublishError(
            f"{file}: {count} rows have the key {named}; the target would keep one of them by chance. Nothing was "
            "published; two records of the shop must not share it."
        )


def fields_of(contract: FileContract) -> tables.Columns:
    """Return the columns as a data package describes them."""
    return tuple((column.name, _TYPES[column.type], column.meaning) for column in contract.columns)


def _resources(
    contract: FileContract, block: str, status: Status, parts: list[splitting.Part]
) -> Iterator[datapackage.Resource]:
    what = contract.title if status == "offered" else f"{contract.title}: offers that ended"
    for place, part in splitting.numbered(parts):
        yield datapackage.Resource(
            f"{FOLDER}/{block}/{part.path.name}",
            f"{block}: {what}{place}",
            part.rows,
            fields_of(contract),
            contract.key,
            missing_values=("", contract.format.null) if contract.format.null else ("",),
        )


def _file(leaving: Leaving, folder: Path, contract: FileContract, status: Status) -> list[datapackage.Resource]:
    warehouse, run = leaving.warehouse, leaving.run
    parameters = bound(run, leaving.options, status)
    _check_key(warehouse, contract, parameters, f"{leaving.block}/{contract.file_name(status)}")
    batches = tables.select(warehouse, contract.sql, parameters)
    parts = splitting.write(contract, folder / contract.file_name(status), batches, run.settings.shop.currency_digits)
    if status == "withdrawn" and not splitting.rows_of(parts):
        for part in parts:
            part.path.unlink()
        return []
    return list(_resources(contract, leaving.block, status, parts))


def _block(leaving: Leaving, folder: Path, target: Target) -> list[datapackage.Resource]:
    made = [
        resource
        for contract in target.files
        for status in contract.statuses
        for resource in _file(leaving, folder, contract, status)
    ]
    return [*made, *target.documents(leaving, folder)] if target.documents else made


def write_block(
    warehouse: Warehouse, run: Run, folder: Path, name: str, block: ChannelSettings
) -> tuple[list[datapackage.Resource], dict[str, object]]:
    """Write the files of one block into `folder`/channels/<name>; return them and what the manifest says of them.

    Raises:
        PublishError: a row breaks the target's contract.
    """
    target = registry.targets()[block.target]
    counted = messages.prepare(warehouse, run, name, block, target)
    options = {key: value or "" for key, value in registry.options_of(target, block.options).items()}
    place = folder / FOLDER / name
    place.mkdir(parents=True)
    resources = _block(Leaving(warehouse, run, name, options), place, target)
    resources.append(told.write(warehouse, folder, name))
    messages.clear(warehouse)
    files = [resource.path for resource in resources if resource.path.startswith(f"{FOLDER}/")]
    return resources, {"target": target.name, "mode": block.mode, **asdict(counted), "files": files}


def _check_segments(warehouse: Warehouse, settings: Settings) -> None:
    named = [(name, segment) for name, block in settings.channels.items() for segment in block.segments]
    known = known_segments(warehouse) if named else []
    for name, segment in named:
        if segment not in known:
            raise ConfigError(
                f"shop.yml: channels.{name}.segments: {segment!r} is no segment.{nearest(segment, known)} "
                "Nobody would be told."
            )


def write(warehouse: Warehouse, run: Run, folder: Path) -> Handover:
    """Write the files of every block.

    Raises:
        ConfigError: a block names no known target, what its target lacks, or no segment.
        PublishError: a row breaks its target's contract; names file, row and column.
    """
    registry.check(run.settings)
    _check_segments(warehouse, run.settings)
    resources: list[datapackage.Resource] = []
    facts: dict[str, object] = {}
    for name, block in run.settings.channels.items():
        made, facts[name] = write_block(warehouse, run, folder, name, block)
        resources += made
    return Handover(resources, facts)
