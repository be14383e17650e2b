"""SQL that turns one column, text or a Parquet file's own type, into the contract's type, with reasons when it fails.

Every function returns SQL and does nothing else. A column's cleaned text is `"name"`, its typed value `"name__typed"`.
Names come from contracts in this repository; everything else is bound as a parameter.
"""

from dataclasses import dataclass

from offermill.ingest.contracts import Column
from offermill.ingest.sources import SourceSettings

# Characters of a value shown in a reason.
SHOWN = 60
# Invisible or direction-changing characters: C0, C1, zero-width, bidi marks and overrides, word joiners, BOM.
# SQL literals, because DuckDB compiles a bound pattern anew for every value.
HIDDEN = (
    r"'[\x00-\x1f\x7f\x{80}-\x{9f}\x{ad}\x{61c}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]'"
)
# Trimmed at both ends of every value: ASCII and Unicode spaces, no-break spaces, a stray byte-order mark.
_SPACES = " \t\n\r\x0b\x0c\x85\xa0\u2000-\u200a\u202f\u205f\u3000\ufeff"
EDGES = f"'^[{_SPACES}]|[{_SPACES}]$'"
SPACES = "'" + _SPACES.replace("\u2000-\u200a", "".join(map(chr, range(0x2000, 0x200B)))) + "'"
# Plausible instants and days; outside lie empty dates (0001, 1970, 9999) and wrong units.
EARLIEST = {"timestamp": "2000-01-01", "date": "1900-01-01"}
LATEST = "2100-01-01"
# The widest offset in use is +14:00.
MAXIMUM_OFFSET_MINUTES = 14 * 60
TRUE_WORDS = "('true', '1', 'yes')"
FALSE_WORDS = "('false', '0', 'no')"

_INTEGERS = {"tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger"}
_TIMESTAMPS = {"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"}
_ZONED = "timestamp with time zone"


@dataclass(frozen=True)
class Reason:
    """When `condition` (SQL) holds, the record is rejected with `sentence` (SQL that makes text).

    `explains`: the value is null then anyway, which a later reason finds more cheaply; this one only says it better.
    """

    condition: str
    sentence: str
    explains: bool = False


@dataclass(frozen=True)
class Field:
    """One column to be typed.

    Attributes:
        found: DuckDB type it arrives in. digits: of the shop's currency.
    """

    name: str
    column: Column
    found: str
    source: SourceSettings
    digits: int
    table: str

    @property
    def text(self) -> str:
        return f'"{self.name}"'

    @property
    def typed(self) -> str:
        return f'"{self.name}__typed"'

    @property
    def local(self) -> str:
        return f'"{self.name}__local"'

    @property
    def zoned(self) -> str:
        return f'"{self.name}__zoned"'

    @property
    def is_text(self) -> bool:
        return self.found == "varchar"

    @property
    def is_native(self) -> bool:
        """Tell whether the file's own type already is the contract's, so that no text is looked at."""
        base = self.column.base
        natives: dict[str, set[str]] = {
            "integer": _INTEGERS,
            "money": _INTEGERS,
            "decimal": _INTEGERS,
            "date": {"date"},
            "timestamp": {*_TIMESTAMPS, _ZONED},
            "boolean": {"boolean"},
        }
        is_decimal = base in ("money", "decimal") and self.found.startswith("decimal")
        return is_decimal or self.found in natives.get(base, set())

    def says(self, what: str) -> str:
        """Return SQL for a sentence about the value: `"5.005" <what>`; quotes in `what` are doubled here."""
        shown = f"""'"' || left(regexp_replace(cast({self.text} as varchar), {HIDDEN}, ' ', 'g'), {SHOWN}) || '" '"""
        return f"{shown} || '{what.replace(chr(39), chr(39) * 2)}'"

    def setting(self, written: str) -> str:
        """Return how a hint names a setting of this source."""
        return f"`{written}` to sources.{self.table}"


def cleaned(field: Field) -> str:
    """Return SQL for the trimmed value; empty text is null; text loses hidden characters and is composed (NFC)."""
    if field.is_native:
        return field.text
    text = field.text if field.is_text else f"cast({field.text} as varchar)"
    if field.column.base != "text":
        return f"case when {_is_plain(text)} then {text} else {_trimmed(text)} end"
    # Rarely true, so the costly replacements run for few values.
    visible = f"regexp_replace(regexp_replace({text}, '[\\t\\n\\r]+', ' ', 'g'), {HIDDEN}, '', 'g')"
    return _trimmed(f"nfc_normalize(case when regexp_matches({text}, {HIDDEN}) then {visible} else {text} end)")


def _is_plain(text: str) -> str:
    """Return SQL that is true for printable ASCII without spaces, which nearly every value is."""
    return f"regexp_full_match({text}, '[!-~]+')"


def _trimmed(text: str) -> str:
    # Trimming by a set of Unicode characters is slow, so only values that begin or end with a space pay for it.
    return f"nullif(case when regexp_matches({text}, {EDGES}) then trim({text}, {SPACES}) else {text} end, '')"


def typed(field: Field) -> str:
    """Return SQL for the typed value, null where it cannot be one."""
    makers = {
        "integer": _integer,
        "decimal": _decimal,
        "money": _money,
        "date": _date,
        "timestamp": _timestamp,
        "boolean": _boolean,
    }
    maker = makers.get(field.column.base)
    return maker(field) if maker else field.text


def reasons(field: Field) -> list[Reason]:
    """Return what can be wrong with the column, most basic first."""
    makers = {
        "id": _id_reasons,
        "code": _code_reasons,
        "integer": _number_reasons,
        "decimal": _number_reasons,
        "money": _number_reasons,
        "date": _date_reasons,
        "timestamp": _timestamp_reasons,
        "boolean": _boolean_reasons,
    }
    maker = makers.get(field.column.base)
    return [*_required(field), *(maker(field) if maker else []), *_bounds(field)]


def _required(field: Field) -> list[Reason]:
    if not field.column.required:
        return []
    return [Reason(f"{field.text} is null", "'is empty, and the contract requires a value; fill it in at the source.'")]


def _id_reasons(field: Field) -> list[Reason]:
    what = "holds invisible characters, so it would not equal the id it looks like; send it clean."
    condition = f"not {_is_plain(field.text)} and regexp_matches({field.text}, {HIDDEN})"
    return [Reason(condition, field.says(what))]


def _code_reasons(field: Field) -> list[Reason]:
    if field.column.is_shop_currency:
        sentence = (
            field.says("is not the shop's currency ") + " || $currency || '; amounts are never mixed or converted.'"
        )
        return [Reason(f"{field.text} <> $currency", sentence)]
    words = field.column.one_of or ()
    listed = ", ".join(f"'{word}'" for word in words)
    return [Reason(f"{field.text} not in ({listed})", field.says(f"is none of {', '.join(words)}."))] if words else []


def _boolean(field: Field) -> str:
    if field.is_native:
        return field.text
    word = f"lower({field.text})"
    return f"case when {word} in {TRUE_WORDS} then true when {word} in {FALSE_WORDS} then false end"


def _boolean_reasons(field: Field) -> list[Reason]:
    if field.is_native:
        return []
    return [_unread(field, "is neither true nor false.")]


def _unread(field: Field, what: str) -> Reason:
    return Reason(f"{field.text} is not null and {field.typed} is null", field.says(what))


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


def _integer(field: Field) -> str:
    return f"cast({field.text} as bigint)" if field.is_native else f"cast({_exact(field)} as bigint)"


def _decimal(field: Field) -> str:
    return _exact(field)


def _money(field: Field) -> str:
    return f"cast(cast({_exact(field)} as decimal(38,{field.digits})) * {10**field.digits} as bigint)"


def _number_reasons(field: Field) -> list[Reason]:
    kind = {"money": "an amount such as 12.34", "integer": "a whole number", "decimal": "a number such as 12.345"}
    digits, base = _fraction_digits(field), field.column.base
    fine = (
        "is not a whole number."
        if base == "integer"
        else f"has more than {digits} digits after the point; nothing is rounded silently."
    )
    large = f"has more than {_whole_digits(field)} digits before the point."
    if field.is_native:
        return [
            Reason(f"{field.text} <> round({field.text}, {digits})", field.says(fine), explains=True),
            _unread(field, large),
        ]
    unread = f"not regexp_full_match({field.text}, {_pattern_name(field)})"
    return [
        *_separator_hint(field),
        Reason(unread, field.says(f"is not {kind[base]}."), explains=True),
        Reason(_too_fine(field), field.says(fine), explains=True),
        _unread(field, large),
    ]


def _separator_hint(field: Field) -> list[Reason]:
    if not field.is_text or field.source.decimal_separator != ".":
        return []
    looks = r"[+-]?[0-9]{1,3}(?:[. ]?[0-9]{3})*,[0-9]+"
    line = field.setting('decimal_separator: ","')
    what = f"has a decimal comma, which the source does not declare; add {line}."
    return [Reason(f"regexp_full_match({field.text}, '{looks}')", field.says(what), explains=True)]


def _bounds(field: Field) -> list[Reason]:
    words = {">": "not above", ">=": "below", "<=": "above"}
    scale = 10**field.digits if field.column.type == "money" else 1
    hint = f" {field.column.hint}" if field.column.hint else ""
    return [
        Reason(f"not ({field.typed} {operator} {value * scale})", field.says(f"is {words[operator]} {value}.{hint}"))
        for operator, value in field.column.bounds()
    ]


def _date(field: Field) -> str:
    if field.is_native:
        return field.text
    if field.found in _TIMESTAMPS:
        return f"case when right({field.text}, 8) = '00:00:00' then try_cast(left({field.text}, 10) as date) end"
    if field.source.date_format == "%Y-%m-%d":
        return f"case when regexp_full_match({field.text}, '{_ISO_DATE}') then try_cast({field.text} as date) end"
    return f"cast(try_strptime({field.text}, $date_format) as date)"


def _date_reasons(field: Field) -> list[Reason]:
    written = field.source.date_format if field.is_text else "%Y-%m-%d"
    unread = [] if field.is_native else [_unread(field, f"is no day of the calendar written as {written}.")]
    return [*unread, *_plausible(field)]


def _plausible(field: Field) -> list[Reason]:
    earliest = EARLIEST[field.column.base]
    early = f"is before {earliest}; it looks like an empty date or a number in a wrong unit. Send nothing when unknown."
    late = f"is not before {LATEST}; it looks like an open end or a number in a wrong unit. Send nothing when unknown."
    return [
        Reason(f"{field.typed} < {field.column.base} '{earliest}'", field.says(early)),
        Reason(f"{field.typed} >= {field.column.base} '{LATEST}'", field.says(late)),
    ]


_ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ISO_TIME = _ISO_DATE + "[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?"
_OFFSET = "(?: ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?))?"


def local_time(field: Field) -> str | None:
    """Return SQL for the time without its offset, null when it has one; None when the column is always an instant."""
    if field.column.base != "timestamp" or field.found == _ZONED or "%z" in (field.source.timestamp_format or ""):
        return None
    if field.is_native:
        return f"cast({field.text} as timestamp)"
    if field.source.timestamp_format:
        return f"try_strptime({field.text}, $timestamp_format)"
    return f"case when regexp_full_match({field.text}, '{_ISO_TIME}') then try_cast({field.text} as timestamp) end"


def zoned_time(field: Field) -> str | None:
    """Return SQL for the instant that the shop's clocks show as the local time: the last one where they do so twice."""
    return None if local_time(field) is None else f"timezone($time_zone, {field.local})"


def is_repeated(field: Field) -> str:
    """Return SQL that is true for a local time that happens twice; the first occurrence was taken."""
    return f"coalesce({field.typed} <> {_utc(field.zoned)}, false)"


def _utc(zoned: str) -> str:
    # Arithmetic on the epoch; asking for the zone UTC would go through the calendar library once more.
    return f"make_timestamp(epoch_us({zoned}))"


def _instant(field: Field) -> str | None:
    """Return SQL for the UTC time of a value that says its offset itself."""
    if field.found == _ZONED:
        return _utc(field.text)
    if field.is_native:
        return None
    if field.source.timestamp_format:
        zoned = "%z" in field.source.timestamp_format
        return _utc(f"try_strptime({field.text}, $timestamp_format)") if zoned else None
    return _iso_instant(field.text)


def _iso_instant(text: str) -> str:
    time = f"try_cast(regexp_extract({text}, '{_ISO_TIME}') as timestamp)"
    hours = f"try_cast(nullif(regexp_extract({text}, '([+-][0-9]{{2}}):?([0-9]{{2}})?$', 1), '') as integer)"
    minutes = f"try_cast(nullif(regexp_extract({text}, '[+-][0-9]{{2}}:?([0-9]{{2}})$', 1), '') as integer)"
    sign = f"case when regexp_matches({text}, '-[0-9]{{2}}:?([0-9]{{2}})?$') then -1 else 1 end"
    shift = f"(coalesce({hours}, 0) * 60 + {sign} * coalesce({minutes}, 0))"
    is_whole = f"regexp_full_match({text}, '{_ISO_TIME}{_OFFSET}') and abs({shift}) <= {MAXIMUM_OFFSET_MINUTES}"
    return f"case when {is_whole} then {time} - to_minutes({shift}) end"


def _timestamp(field: Field) -> str:
    """Return SQL for naive UTC; of a local time that happens twice, the first; of one that is skipped, null."""
    instant = _instant(field)
    if local_time(field) is None:
        return str(instant)
    earlier = f"{field.zoned} - interval 1 hour"
    first = f"case when timezone($time_zone, {earlier}) = {field.local} then {earlier} else {field.zoned} end"
    exists = f"timezone($time_zone, {field.zoned}) = {field.local}"
    utc = f"case when {exists} then {_utc(first)} end"
    return utc if instant is None else f"case when {field.local} is null then {instant} else {utc} end"


def _timestamp_reasons(field: Field) -> list[Reason]:
    written = field.source.timestamp_format or "2026-06-30 14:05:00 or 2026-06-30T14:05:00+03:00"
    found = []
    if local_time(field) is not None:
        sentence = field.says("does not exist in the zone ")
        tail = " || $time_zone || ': the clocks skip it. Send times with their offset, such as +02:00.'"
        found.append(Reason(f"{field.typed} is null and {field.local} is not null", sentence + tail, explains=True))
    return [*found, _unread(field, f"is no time written as {written}."), *_plausible(field)]
