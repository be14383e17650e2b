"""The same key twice: equal content counts once, different content is a conflict that somebody must look at."""

from datetime import date

from offermill.ingest.contracts import Contract
from offermill.ingest.discovery import Delivery
from offermill.warehouse import Warehouse

TYPED = "temp.typed"


def remove_repeated(warehouse: Warehouse, contract: Contract, delivery: Delivery) -> None:
    """Take repeated keys out of `typed`: of equal rows one stays, of differing ones none."""
    key = ", ".join(contract.raw_name(name) for name in contract.identity)
    warehouse.execute(
        f"create or replace temp table repeated as select {key} from {TYPED} group by {key} having count(*) > 1"
    )
    warehouse.execute("create or replace temp table duplicate (_file varchar, _line bigint)")
    if warehouse.value("select count(*) from temp.repeated"):
        _remove_within(warehouse, contract, delivery, key)
    if contract.kind == "event":
        _remove_known(warehouse, contract, delivery)


def _content(contract: Contract, alias: str) -> str:
    """Return SQL for everything the source said in a row, comparable as one value."""
    return f"row({', '.join(f'{alias}.{name}' for name in contract.source_columns)})"


def _same_key(contract: Contract, left: str, right: str) -> str:
    names = [contract.raw_name(name) for name in contract.identity]
    return " and ".join(f"{left}.{name} = {right}.{name}" for name in names)


def _key_text(contract: Contract, alias: str) -> str:
    parts = [f"'{name}=' || {_shown(contract, name, alias)}" for name in contract.identity]
    return " || ', ' || ".join(parts)


def _shown(contract: Contract, column: str, alias: str) -> str:
    """Return SQL for a value in a message; personal ones are not shown."""
    if contract.columns[column].is_personal:
        return "'(personal)'"
    return f"coalesce(cast({alias}.{contract.raw_name(column)} as varchar), 'empty')"


def _difference(contract: Contract, left: str, right: str) -> str:
    """Return SQL that lists the columns that differ, with both values."""
    parts = [
        f"case when {left}.{contract.raw_name(name)} is distinct from {right}.{contract.raw_name(name)} then "
        f"'{contract.raw_name(name)}: ' || {_shown(contract, name, left)} || ' / ' || "
        f"{_shown(contract, name, right)} end"
        for name in contract.columns
    ]
    return f"concat_ws('; ', {', '.join(parts)})"


def _conflicts(contract: Contract, left: str, right: str) -> str:
    return (
        f"'{contract.table}', $delivered_on, {_key_text(contract, left)}, {left}._file, {left}._line, "
        f"{right}._file, {right}._line, {_difference(contract, left, right)}"
    )


def _remove_within(warehouse: Warehouse, contract: Contract, delivery: Delivery, key: str) -> None:
    """Of each repeated key keep the first row when all are equal; note a conflict for every row when they are not."""
    warehouse.execute(
        f"""
        create or replace temp table copies as
        select typed.*,
            row_number() over (partition by {key} order by _file, _line) as copy_number,
            dense_rank() over (partition by {key} order by {_content(contract, "typed")}) as content_number
        from {TYPED} as typed semi join temp.repeated using ({key})
        """
    )
    warehouse.execute(
        f"""
        create or replace temp table quarrel as
        with opened as (
            select *, max(content_number) filter (copy_number = 1) over (partition by {key}) as first_content
            from temp.copies
        )
        select {key}, first_content, min(copy_number) filter (content_number <> first_content) as other_number
        from opened group by {key}, first_content having max(content_number) > 1
        """
    )
    _note_duplicates(warehouse, key)
    _note_conflicts(warehouse, contract, delivery)


def _note_duplicates(warehouse: Warehouse, key: str) -> None:
    warehouse.execute(
        f"insert into temp.duplicate select _file, _line from temp.copies anti join temp.quarrel using ({key}) "
        "where copy_number > 1"
    )
    warehouse.execute(f"delete from {TYPED} where (_file, _line) in (select (_file, _line) from temp.duplicate)")


def _note_conflicts(warehouse: Warehouse, contract: Contract, delivery: Delivery) -> None:
    """Note each row of a quarrel beside the first row that says something else."""
    warehouse.execute(
        f"""
        insert into meta.conflict select {_conflicts(contract, "copies", "other")}
        from temp.copies as copies
        inner join temp.quarrel as quarrel on {_same_key(contract, "copies", "quarrel")}
        inner join temp.copies as other
            on {_same_key(contract, "copies", "other")}
            and other.copy_number
                = case when copies.content_number = quarrel.first_content then quarrel.other_number else 1 end
        order by copies._file, copies._line
        """,
        {"delivered_on": delivery.delivered_on},
    )
    same = _same_key(contract, "typed", "quarrel")
    warehouse.execute(f"delete from {TYPED} as typed using temp.quarrel as quarrel where {same}")


def _remove_known(warehouse: Warehouse, contract: Contract, delivery: Delivery) -> None:
    """Take out events that an earlier delivery already brought; the one that stands in raw stays."""
    same = f"{_same_key(contract, 'typed', 'standing')} and standing._delivered_on < $delivered_on"
    equal = f"{_content(contract, 'typed')} is not distinct from {_content(contract, 'standing')}"
    parameters = {"delivered_on": delivery.delivered_on}
    joined = f"from {TYPED} as typed inner join raw.{contract.table} as standing on {same}"
    warehouse.execute(
        f"""
        create or replace temp table known as
        select typed._file, typed._line, {equal} as is_equal {joined}
        """,
        parameters,
    )
    if not warehouse.value("select count(*) from temp.known"):
        return
    warehouse.execute("insert into temp.duplicate select _file, _line from temp.known where is_equal")
    warehouse.execute(
        f"insert into meta.conflict select {_conflicts(contract, 'typed', 'standing')} {joined} "
        f"where not {equal} order by typed._file, typed._line",
        parameters,
    )
    warehouse.execute(f"delete from {TYPED} where (_file, _line) in (select (_file, _line) from temp.known)")


def is_entangled(warehouse: Warehouse, contract: Contract, day: date) -> bool:
    """Tell whether the delivery of `day` shares keys with an earlier one, or did when it was loaded."""
    parameters = {"source": contract.table, "day": day}
    noted = warehouse.value(
        "select sum(duplicate_count + conflict_count) from meta.delivery where source = $source and delivered_on = "
        "$day",
        parameters,
    )
    if noted:
        return True
    same = _same_key(contract, "later", "earlier")
    return bool(
        warehouse.value(
            f"select count(*) from raw.{contract.table} as later semi join raw.{contract.table} as earlier "
            f"on {same} and earlier._delivered_on < $day where later._delivered_on = $day",
            parameters,
        )
    )
