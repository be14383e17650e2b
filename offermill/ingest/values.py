"""SQL that types one column by its contract, with the reasons why a value can fail."""

from offermill.ingest import numbers_sql, times_sql
from offermill.ingest.codes import RejectCode
from offermill.ingest.fields import HIDDEN, Field, Reason, is_plain, literal, unread

TRUE_WORDS = "('true', '1', 'yes')"
FALSE_WORDS = "('false', '0', 'no')"


def typed(field: Field) -> str:
    """Return SQL for the typed value, null where it cannot be one."""
    makers = {
        "integer": numbers_sql.integer,
        "decimal": numbers_sql.decimal,
        "money": numbers_sql.money,
        "date": times_sql.date,
        "timestamp": times_sql.timestamp,
        "boolean": _boolean,
    }
    maker = makers.get(field.column.base)
    return maker(field) if maker else field.text


def reasons(field: Field) -> list[Reason]:
    """Return what can be wrong with the column, most basic first."""
    makers = {
        "id": _id_reasons,
        "code": _code_reasons,
        "integer": numbers_sql.reasons,
        "decimal": numbers_sql.reasons,
        "money": numbers_sql.reasons,
        "date": times_sql.date_reasons,
        "timestamp": times_sql.timestamp_reasons,
        "boolean": _boolean_reasons,
    }
    maker = makers.get(field.column.base)
    return [*_required(field), *(maker(field) if maker else []), *_bounds(field)]


def _required(field: Field) -> list[Reason]:
    if not field.column.required:
        return []
    sentence = "'is empty, and the contract requires a value; fill it in at the source.'"
    return [Reason(f"{field.text} is null", sentence, "missing")]


def _id_reasons(field: Field) -> list[Reason]:
    what = "holds invisible characters, so it would not equal the id it looks like; send it clean."
    condition = f"not {is_plain(field.text)} and regexp_matches({field.text}, {HIDDEN})"
    return [Reason(condition, field.says(what), "hidden_in_id")]


def _code_reasons(field: Field) -> list[Reason]:
    if field.column.is_shop_currency:
        sentence = (
            field.says("is not the shop's currency ") + " || $currency || '; amounts are never mixed or converted.'"
        )
        return [Reason(f"{field.text} <> $currency", sentence, "other_currency", "$currency")]
    words = field.column.one_of or ()
    listed = ", ".join(f"'{word}'" for word in words)
    if not words:
        return []
    known = ", ".join(words)
    return [Reason(f"{field.text} not in ({listed})", field.says(f"is none of {known}."), "not_listed", literal(known))]


def _boolean(field: Field) -> str:
    if field.is_native:
        return field.text
    word = f"lower({field.text})"
    return f"case when {word} in {TRUE_WORDS} then true when {word} in {FALSE_WORDS} then false end"


def _boolean_reasons(field: Field) -> list[Reason]:
    if field.is_native:
        return []
    return [unread(field, "is neither true nor false.", "no_boolean")]


def _bounds(field: Field) -> list[Reason]:
    words: dict[str, tuple[str, RejectCode]] = {
        ">": ("not above", "not_above"),
        ">=": ("below", "below"),
        "<=": ("above", "above"),
    }
    scale = 10**field.digits if field.column.type == "money" else 1
    hint = f" {field.column.hint}" if field.column.hint else ""
    return [
        Reason(
            f"not ({field.typed} {operator} {value * scale})",
            field.says(f"is {words[operator][0]} {value}.{hint}"),
            words[operator][1],
            literal(value),
        )
        for operator, value in field.column.bounds()
    ]
