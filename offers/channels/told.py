"""What a block was told by an edition, kept beside the lists: by it a later edition knows what is new or gone.

`audit/channels/<block>.parquet` names no address: it holds key, ids, dates and a hash of every message.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from offermill import datapackage, publish
from offermill.run import Run
from offermill.warehouse import Warehouse
from offers.channels import audit
from offers.delivery import journal

FOLDER = f"{audit.FOLDER}/channels"
_SCHEMA = pa.schema(
    [
        ("offer_key", pa.string()),
        ("customer_id", pa.string()),
        ("campaign_id", pa.string()),
        ("wave_id", pa.string()),
        ("offer_id", pa.string()),
        ("offer_status", pa.string()),
        ("channel", pa.string()),
        ("language", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_until", pa.date32()),
        ("code", pa.string()),
        ("promised_on", pa.date32()),
        ("message_hash", pa.string()),
    ]
)


def _path(exports: Path, edition: str, block: str) -> Path:
    return exports / edition / FOLDER / f"{block}.parquet"


def _recorded(exports: Path, edition: str, block: str) -> tuple[bool, str | None]:
    """Return whether the edition told the block already, and the edition it was compared with."""
    if not (exports / edition / datapackage.NAME).is_file():
        return False, None
    facts = datapackage.read(exports / edition)["offermill"].get("channels", {}).get(block)
    return (True, facts["against"]) if facts else (False, None)


def is_there(run: Run, block: str, edition: str) -> bool:
    """Tell whether an edition told the block anything."""
    return _path(run.shop.exports, edition, block).is_file()


def edition_before(run: Run, block: str) -> str | None:
    """Return the edition with which the run compares: the newest before its own that told the block, or None.

    Where the block is delivered by us, one that never arrived whole told it nothing. An edition that is published
    already is compared again with what it was compared with: the same bytes.
    """
    exports, own = run.shop.exports, publish.edition(run)
    is_known, against = _recorded(exports, own, block)
    if is_known:
        return against
    names = publish.editions(exports)
    earlier = [name for name in names if publish.order_of(name) < publish.order_of(own)]
    told = [name for name in reversed(earlier) if _path(exports, name, block).is_file()]
    settings = run.settings.channels.get(block)
    if settings is None or settings.delivery is None:
        return next(iter(told), None)
    arrived = _arrived(run, block)
    return next((name for name in told if _files(exports, name, block) <= arrived.get(name, set())), None)


def _files(exports: Path, edition: str, block: str) -> set[str]:
    paths = datapackage.read(exports / edition)["offermill"]["channels"][block]["files"]
    return {Path(path).name for path in paths}


def _arrived(run: Run, block: str) -> dict[str, set[str]]:
    """Return edition -> files of the block that their target acknowledged, by the delivery log."""
    found: dict[str, set[str]] = {}
    for entry in journal.read(run.shop.state):
        if entry.block == block and entry.event == "acknowledged":
            found.setdefault(entry.edition, set()).add(entry.file)
    return found


def read(run: Run, block: str, edition: str | None) -> pa.Table:
    """Return what the edition told the block; nothing without an edition."""
    if edition is None:
        return _SCHEMA.empty_table()
    return parquet.read_table(_path(run.shop.exports, edition, block), schema=_SCHEMA)


def write(warehouse: Warehouse, folder: Path, block: str) -> datapackage.Resource:
    """Write what the block is told, whole in every mode."""
    names = ", ".join(_SCHEMA.names)
    table = warehouse.arrow(f"select {names} from channel_told order by offer_key").cast(_SCHEMA)
    path = folder / FOLDER / f"{block}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path, compression="zstd")
    title = f"What the channel {block} was told, without addresses"
    return datapackage.Resource(f"{FOLDER}/{block}.parquet", title, table.num_rows)
