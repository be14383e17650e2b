"""SQL for whole numbers, decimals and money: exact or rejected, never rounded and never through floating point."""

from offermill.ingest.codes import RejectCode
from offermill.ingest.fields import Field, Reason, literal, unread
from offermill.ingest.sources import SourceSettings


def _fraction_digits(field: Field) -> int:
    return {"money": field.digits, "decimal": field.column.precision[1]}.get(field.column.base, 0)


def _whole_digits(field: Field) -> int:
    return field.column.precision[0] - _fraction_digits(field)


def _plain_number(field: Field) -> str:
    """Return SQL for the number with a decimal point and no thousands separators."""
    if not field.is_text:
        return field.text
    text = field.text
    if field.source.thousands_separator:
        text = f"replace({text}, $thousands, '')"
    return text if field.source.decimal_separator == "." else f"replace({text}, ',', '.')"


def number_pattern(source: SourceSettings, *, is_text: bool) -> str:
    """Return the regular expression of a number as the source declares it; `1.5e3`, `nan` and `-` never match."""
    point = "," if is_text and source.decimal_separator == "," else r"\."
    mark = source.thousands_separator if is_text else ""
    grouped = f"|[0-9]{{1,3}}(?:[{mark}][0-9]{{3}})+" if mark else ""
    return f"[+-]?(?:[0-9]+{grouped})(?:{point}[0-9]+)?"


def _pattern_name(field: Field) -> str:
    return "$number" if field.is_text else "$plain_number"


def _exact(field: Field) -> str:
    """Return SQL for the decimal value; null unless it is a number with few enough digits on both sides."""
    digits, number = _fraction_digits(field), _plain_number(field)
    if field.is_native:
        value = f"try_cast({field.text} as decimal({field.column.precision[0]},{digits}))"
        return f"case when {value} = {field.text} then {value} end"
    read = f"try_cast({number} as decimal({field.column.precision[0]},{digits}))"
    return (
        f"case when regexp_full_match({field.text}, {_pattern_name(field)}) and not {_too_fine(field)} then {read} end"
    )


def _too_fine(field: Field) -> str:
    digits = _fraction_digits(field)
    return f"regexp_full_match({_plain_number(field)}, '[+-]?[0-9]+\\.[0-9]{{{digits}}}[0-9]*[1-9][0-9]*')"


def integer(field: Field) -> str:
    return f"cast({field.text} as bigint)" if field.is_native else f"cast({_exact(field)} as bigint)"


def decimal(field: Field) -> str:
    return _exact(field)


def money(field: Field) -> str:
    return f"cast(cast({_exact(field)} as decimal(38,{field.digits})) * {10**field.digits} as bigint)"


def reasons(field: Field) -> list[Reason]:
    kind = {"money": "an amount such as 12.34", "integer": "a whole number", "decimal": "a number such as 12.345"}
    codes: dict[str, RejectCode] = {"money": "no_amount", "integer": "no_integer", "decimal": "no_decimal"}
    digits, base = _fraction_digits(field), field.column.base
    fine = (
        "is not a whole number."
        if base == "integer"
        else f"has more than {digits} digits after the point; nothing is rounded silently."
    )
    large = f"has more than {_whole_digits(field)} digits before the point."
    fine_code: tuple[RejectCode, str] = ("no_integer", "null") if base == "integer" else ("too_fine", literal(digits))
    too_large = unread(field, large, "too_large", literal(_whole_digits(field)))
    if field.is_native:
        return [
            Reason(f"{field.text} <> round({field.text}, {digits})", field.says(fine), *fine_code, explains=True),
            too_large,
        ]
    no_number = f"not regexp_full_match({field.text}, {_pattern_name(field)})"
    return [
        *_separator_hint(field),
        Reason(no_number, field.says(f"is not {kind[base]}."), codes[base], explains=True),
        Reason(_too_fine(field), field.says(fine), *fine_code, explains=True),
        too_large,
    ]


def _separator_hint(field: Field) -> list[Reason]:
    if not field.is_text or field.source.decimal_separator != ".":
        return []
    looks = r"[+-]?[0-9]{1,3}(?:[. ]?[0-9]{3})*,[0-9]+"
    line = field.setting('decimal_separator: ","')
    what = f"has a decimal comma, which the source does not declare; add {line}."
    condition = f"regexp_full_match({field.text}, '{looks}')"
    return [Reason(condition, field.says(what), "decimal_comma", literal(line), explains=True)]
