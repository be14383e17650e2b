"""One column on its way from the file's form to the contract's: its names in the queries, its cleaning, its reasons.

Every function returns SQL and does nothing else. A column's cleaned text is `"name"`, its typed value `"name__typed"`.
Names come from contracts in this repository; everything else is bound as a parameter.
"""

from dataclasses import dataclass

from offermill.ingest.codes import RejectCode
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
INTEGERS = {"tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger"}
TIMESTAMPS = {"timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"}
ZONED = "timestamp with time zone"


@dataclass(frozen=True)
class Reason:
    """When `condition` (SQL) holds, the record is rejected with `sentence` (SQL that makes text).

    `code` and `detail` (SQL that makes text) say the same without the value, for people of any language.
    `explains`: the value is null then anyway, which a later reason finds more cheaply; this one only says it better.
    """

    condition: str
    sentence: str
    code: RejectCode
    detail: str = "null"
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
            "integer": INTEGERS,
            "money": INTEGERS,
            "decimal": INTEGERS,
            "date": {"date"},
            "timestamp": {*TIMESTAMPS, ZONED},
            "boolean": {"boolean"},
        }
        is_decimal = base in ("money", "decimal") and self.found.startswith("decimal")
        return is_decimal or self.found in natives.get(base, set())

    def says(self, what: str) -> str:
        """Return SQL for a sentence about the value: `"5.005" <what>`; quotes in `what` are doubled here."""
        what = what.replace("'", "''")
        if self.column.is_personal:
            return f"'the value (personal, not shown) {what}'"
        visible = f"regexp_replace(cast({self.text} as varchar), {HIDDEN}, ' ', 'g')"
        return f"""'"' || left({visible}, {SHOWN}) || '" {what}'"""

    def setting(self, written: str) -> str:
        """Return how a hint names a setting of this source."""
        return f"`{written}` to sources.{self.table}"


def cleaned(field: Field) -> str:
    """Return SQL for the trimmed value; empty text is null; text loses hidden characters and is composed (NFC)."""
    if field.is_native:
        return field.text
    text = field.text if field.is_text else f"cast({field.text} as varchar)"
    if field.column.base != "text":
        return f"case when {is_plain(text)} then {text} else {_trimmed(text)} end"
    # Rarely true, so the costly replacements run for few values.
    visible = f"regexp_replace(regexp_replace({text}, '[\\t\\n\\r]+', ' ', 'g'), {HIDDEN}, '', 'g')"
    return _trimmed(f"nfc_normalize(case when regexp_matches({text}, {HIDDEN}) then {visible} else {text} end)")


def has_hidden(field: Field) -> str:
    """Return SQL that is true for a text from which invisible characters are taken out."""
    return f"coalesce(regexp_matches({field.text}, {HIDDEN}), false)"


def is_plain(text: str) -> str:
    """Return SQL that is true for printable ASCII without spaces, which nearly every value is."""
    return f"regexp_full_match({text}, '[!-~]+')"


def _trimmed(text: str) -> str:
    # Trimming by a set of Unicode characters is slow, so only values that begin or end with a space pay for it.
    return f"nullif(case when regexp_matches({text}, {EDGES}) then trim({text}, {SPACES}) else {text} end, '')"


def literal(value: object) -> str:
    """Return a value as a text of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def unread(field: Field, what: str, code: RejectCode, detail: str = "null") -> Reason:
    """Return the reason for a value that is there but cannot be typed."""
    return Reason(f"{field.text} is not null and {field.typed} is null", field.says(what), code, detail)
