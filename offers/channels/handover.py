"""Every block of `channels:` in shop.yml: its messages, its target's files, and what the manifest says of them."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from offermill import csvfile, datapackage
from offermill.errors import ConfigError, PublishError
from offermill.run import Run
from offermill.settings import Settings
from offermill.settings_channels import ChannelSettings
from offermill.warehouse import Warehouse
from offermill.yamlfile import nearest
from offers.channels import audit, messages, registry, splitting, tables, told
from offers.channels.contract import FileContract, Leaving, Status, Target
from offers.targets import known_segments

FOLDER = "channels"
LEFT_OUT = f"{audit.FOLDER}/left_out_records.csv"
# Frictionless types of the columns; amounts are decimals, and JSON files have no table schema.
_TYPES = {"text": "string", "integer": "integer", "money": "number", "date": "date", "boolean": "boolean"}


@dataclass(frozen=True)
class Handover:
    """The files of all blocks, and what the manifest tells of each block."""

    resources: list[datapackage.Resource]
    facts: dict[str, dict[str, object]]


def bound(run: Run, options: dict[str, str], status: Status) -> dict[str, object]:
    return {**run.parameters, **{f"option_{name}": value for name, value in options.items()}, "offer_status": status}


@dataclass(frozen=True)
class _Written:
    """What became of one block: its files, what the manifest says of it, and the records that it would not take."""

    resources: list[datapackage.Resource]
    facts: dict[str, object]
    left_out: list[splitting.LeftOut]


def _check_key(warehouse: Warehouse, contract: FileContract, parameters: dict[str, object], file: str) -> None:
    names = ", ".join(f'"{name}"' for name in contract.key)
    sql = f"select {names}, count(*) from ({contract.sql}) group by {names} having count(*) > 1 order by all limit 1"
    for *key, count in warehouse.rows(sql, parameters):
        named = ", ".join(f"{name}={value}" for name, value in zip(contract.key, key, strict=True))
        raise PublishError(
            f"{file}: {count} rows have the key {named}; the target would keep one of them by chance. Two records of "
            "the shop must not share it."
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


def _file(
    leaving: Leaving, folder: Path, contract: FileContract, status: Status, left_out: list[splitting.LeftOut]
) -> list[datapackage.Resource]:
    warehouse, run = leaving.warehouse, leaving.run
    parameters = bound(run, leaving.options, status)
    _check_key(warehouse, contract, parameters, f"{leaving.block}/{contract.file_name(status)}")
    batches = tables.select(warehouse, contract.sql, parameters)
    digits, broken = run.settings.shop.currency_digits, len(left_out)
    parts = splitting.write(contract, folder / contract.file_name(status), batches, digits, left_out)
    _check_left_out(run, left_out[broken:], splitting.rows_of(parts))
    if status == "withdrawn" and not splitting.rows_of(parts):
        for part in parts:
            part.path.unlink()
        return []
    return list(_resources(contract, leaving.block, status, parts))


def _check_left_out(run: Run, left_out: list[splitting.LeftOut], written: int) -> None:
    """A few bad records are left out; many are a mistake in texts or contract, and half a list would hide it."""
    count, gates = len(left_out), run.settings.gates
    if count > max(gates.reject_count_allowed, gates.reject_rate_max * (count + written)):
        raise PublishError(
            f"{left_out[0]} ({count} such records of {count + written}, more than the share of "
            f"{gates.reject_rate_max:g} allowed). {splitting.ADVICE}"
        )


def _block(
    leaving: Leaving, folder: Path, target: Target, left_out: list[splitting.LeftOut]
) -> list[datapackage.Resource]:
    made = [
        resource
        for contract in target.files
        for status in contract.statuses
        for resource in _file(leaving, folder, contract, status, left_out)
    ]
    return [*made, *target.documents(leaving, folder)] if target.documents else made


def write_block(warehouse: Warehouse, run: Run, folder: Path, name: str, block: ChannelSettings) -> _Written:
    """Write the files of one block into `folder`/channels/<name>.

    A record that breaks the target's contract is left out; with too many of them, or with a key that two records
    share, the block stops: it has no files, and its facts say why.
    """
    target = registry.targets()[block.target]
    counted = messages.prepare(warehouse, run, name, block, target)
    options = {key: value or "" for key, value in registry.options_of(target, block.options).items()}
    place = folder / FOLDER / name
    place.mkdir(parents=True)
    left_out: list[splitting.LeftOut] = []
    facts = {"target": target.name, "mode": block.mode, **asdict(counted)}
    try:
        resources = _block(Leaving(warehouse, run, name, options), place, target, left_out)
        resources.append(told.write(warehouse, folder, name))
    except PublishError as problem:
        shutil.rmtree(place)
        return _Written([], {**facts, "files": [], "stopped": str(problem)}, left_out)
    finally:
        messages.clear(warehouse)
    files = [resource.path for resource in resources if resource.path.startswith(f"{FOLDER}/")]
    missing = {"left_out": len(left_out)} if left_out else {}
    return _Written(resources, {**facts, **missing, "files": files}, left_out)


_LEFT_OUT = (
    ("block", "string", "Block under `channels` in shop.yml."),
    ("file", "string", "File that the record would have stood in."),
    ("key", "string", "The record, by the key of the file."),
    ("column_name", "string", "Column at fault; empty when the whole record is too long."),
    ("why", "string", "What stands there, and what the target takes."),
)


def _list_left_out(folder: Path, left_out: Mapping[str, list[splitting.LeftOut]]) -> list[datapackage.Resource]:
    """Write which records which blocks did not take; without any there is no such file."""
    rows = [(name, one.file, one.key, one.column, one.why) for name, found in left_out.items() for one in found]
    if not rows:
        return []
    path = folder / LEFT_OUT
    path.parent.mkdir(exist_ok=True)
    csvfile.write(path, [name for name, _, _ in _LEFT_OUT], rows)
    return [datapackage.Resource(LEFT_OUT, "Records that a channel's system would not take", len(rows), _LEFT_OUT)]


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
    """Write the files of every block; what one of them cannot take stops no other.

    Raises:
        ConfigError: a block names no known target, what its target lacks, or no segment.
    """
    registry.check(run.settings)
    _check_segments(warehouse, run.settings)
    made = {name: write_block(warehouse, run, folder, name, block) for name, block in run.settings.channels.items()}
    left_out = _list_left_out(folder, {name: one.left_out for name, one in made.items()})
    resources = [resource for one in made.values() for resource in one.resources]
    return Handover([*resources, *left_out], {name: one.facts for name, one in made.items()})
