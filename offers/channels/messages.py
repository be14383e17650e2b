"""The messages of one block tonight, as the table `channel_message` that targets select from."""

from dataclasses import dataclass

from offermill.run import Run
from offermill.settings_channels import ChannelSettings
from offermill.warehouse import Parameters, Warehouse
from offers.channels import tables, told
from offers.channels.contract import Target

# Where a system keeps one offer per customer, the last message alone.
_TELLABLE = "select * from channel_told where is_last or not $keeps_one"

# Where it finds customers by an address: those who have one to themselves.
_ADDRESSED = """
select * from ({tellable})
where regexp_matches({address}, $address_pattern)
qualify count(*) over (partition by {address}) = 1
"""

_LEAVING = """
create or replace temp table channel_message as
select * exclude (message_hash) from ({addressed}) as messages
where not $is_delta or not exists (
    select 1 from told_before as earlier
    where earlier.offer_key = messages.offer_key and earlier.message_hash = messages.message_hash
)
"""


@dataclass(frozen=True)
class Told:
    """What a block is told: the edition it is compared with, messages by status, those that no address leads to."""

    against: str | None
    offered: int
    withdrawn: int
    unaddressed: int


def _count(warehouse: Warehouse, source: str, parameters: Parameters, where: str = "true") -> int:
    return int(warehouse.value(f"select count(*) from {source} where {where}", parameters))


def prepare(warehouse: Warehouse, run: Run, name: str, block: ChannelSettings, target: Target) -> Told:
    """Make `channel_told` (the state of the block) and `channel_message` (what its files say tonight)."""
    against = told.edition_before(run, name)
    parameters = {
        **run.parameters,
        "channels": ",".join(block.channel or target.channels),
        "segments": ",".join(block.segments),
        "keeps_one": target.keeps_one,
        "is_delta": block.mode == "delta",
        "address_pattern": target.address_pattern,
    }
    warehouse.connection.register("told_before", told.read(run, name, against))
    try:
        warehouse.execute(f"create or replace temp table channel_told as {tables.query('channel_told')}", parameters)
        addressed = _ADDRESSED.format(tellable=_TELLABLE, address=target.address) if target.address else _TELLABLE
        warehouse.execute(_LEAVING.format(addressed=addressed), parameters)
    finally:
        warehouse.connection.unregister("told_before")
    return Told(
        against,
        _count(warehouse, "channel_message", parameters, "offer_status = 'offered'"),
        _count(warehouse, "channel_message", parameters, "offer_status = 'withdrawn'"),
        _count(warehouse, f"({_TELLABLE})", parameters) - _count(warehouse, f"({addressed})", parameters),
    )


def clear(warehouse: Warehouse) -> None:
    """Remove the tables of a block."""
    for table in ("channel_told", "channel_message"):
        warehouse.execute(f"drop table if exists temp.{table}")
