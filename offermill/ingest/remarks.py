"""What was changed or looks strange in records that were kept: counted and described, never silent."""

from offermill.ingest.landing import Note
from offermill.ingest.typing_sql import Rules
from offermill.warehouse import Warehouse

# Letters that look alike in Latin and in Cyrillic or Greek make two ids out of what people see as one.
_LATIN = "[A-Za-z]"
_LOOK_ALIKE = r"[\p{Cyrillic}\p{Greek}]"

NOTE = """
    insert into meta.note by name select $source as source, $delivered_on as delivered_on, $file as file,
        $kind as kind, $item_count as item_count, $description as description,
        $detail as detail
"""


def note(warehouse: Warehouse, rules: Rules) -> None:
    """Add to meta.note what `landed` says, and what the typed records show."""
    found = list(rules.landed.notes)
    for file, hidden, repeated in warehouse.rows(
        "select _file, sum(_hidden_values), sum(_repeated_hours) from temp.typed group by _file order by _file"
    ):
        if hidden:
            what = "texts lost invisible or direction-changing characters"
            found.append((file, "hidden_characters", hidden, what, None))
        if repeated:
            what = f"local times that happen twice in {rules.time_zone}; the first occurrence was taken"
            found.append((file, "repeated_hour", repeated, what, rules.time_zone))
    found += _look_alikes(warehouse, rules)
    origin = {"source": rules.contract.table, "delivered_on": rules.delivery.delivered_on}
    for file, kind, count, description, detail in found:
        values = {"file": file, "kind": kind, "item_count": count, "description": description, "detail": detail}
        warehouse.execute(NOTE, origin | values)


def _look_alikes(warehouse: Warehouse, rules: Rules) -> list[Note]:
    """Return a note per file and id column in which one id mixes alphabets."""
    notes: list[Note] = []
    for name in (field.name for field in rules.fields if field.column.base == "id"):
        rows = warehouse.rows(
            f"""
            select _file, count(*), min({name}) from temp.typed
            where strlen({name}) <> length({name})
                and regexp_matches({name}, '{_LATIN}') and regexp_matches({name}, '{_LOOK_ALIKE}')
            group by _file order by _file
            """
        )
        for file, count, example in rows:
            what = f'{name} mixes Latin with look-alike letters of another alphabet, such as "{example}"; kept as it is'
            notes.append((file, "look_alike_id", count, what, f'{name}: "{example}"'))
    return notes
