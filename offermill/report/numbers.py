"""Numbers, money and dates as a reader of a language writes them (CLDR, through Babel)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import NumberPattern, format_decimal, parse_pattern
from babel.units import format_unit

from offermill.report import words

NOTHING = "\u2013"  # an en dash: there is no such figure
# English pages are for Europe: day before month.
_LOCALES = {"en": "en_GB"}
_UNITS = ((1 << 20, "digital-megabyte"), (1 << 10, "digital-kilobyte"))


def _with_digits(pattern: NumberPattern, digits: int) -> NumberPattern:
    """Return the language's own pattern with exactly `digits` decimals."""
    fixed = parse_pattern(pattern.pattern)
    fixed.frac_prec = (digits, digits)
    return fixed


@dataclass(frozen=True)
class Formats:
    """Formatting for one language and one currency; `minimum_cell` is the smallest group that may be shown."""

    language: str
    currency: str
    digits: int
    minimum_cell: int = 1

    @property
    def locale(self) -> Locale:
        return Locale.parse(_LOCALES.get(self.language, self.language))

    def number(self, value: float | Decimal | None, digits: int = 0) -> str:
        """Return a number with `digits` decimals, grouped."""
        if value is None:
            return NOTHING
        return format_decimal(value, format="#,##0" + ("." + "0" * digits if digits else ""), locale=self.locale)

    def people(self, count: int | None) -> str:
        """Return a count of people; None for one too small, or that would give a small one away."""
        return words.said(self.language)["not_shown"] if count is None else self.number(count)

    @property
    def few(self) -> str:
        """Return what stands in a narrow cell for a count too small to be shown."""
        return f"<{self.minimum_cell}"

    def money(self, minor: int | None) -> str:
        """Return an amount in minor units as money."""
        if minor is None:
            return NOTHING
        pattern = _with_digits(self.locale.currency_formats["standard"], self.digits)
        amount = Decimal(minor).scaleb(-self.digits)
        return str(pattern.apply(amount, self.locale, currency=self.currency, currency_digits=False))

    def share(self, value: float | None, digits: int = 1) -> str:
        """Return a share (0-1) as percent."""
        if value is None:
            return NOTHING
        return str(_with_digits(self.locale.percent_formats[None], digits).apply(value, self.locale))

    def day(self, value: date | None) -> str:
        """Return a date with the month's name."""
        return NOTHING if value is None else format_date(value, format="d MMM y", locale=self.locale)

    def month(self, value: date) -> str:
        """Return the month and year of a date."""
        return format_skeleton("yMMM", value, locale=self.locale)

    def weekday(self, value: date) -> str:
        """Return a date with its day of the week."""
        return format_date(value, format="full", locale=self.locale)

    def moment(self, value: datetime | None) -> str:
        """Return a UTC timestamp."""
        return NOTHING if value is None else format_datetime(value, format="d MMM y HH:mm", locale=self.locale) + " UTC"

    def size(self, count: int) -> str:
        """Return a number of bytes in the largest unit that leaves a whole part."""
        for size, unit in _UNITS:
            if count >= size:
                return self._measured(self.number(count / size, 1), unit)
        return self._measured(self.number(count), "digital-byte")

    def _measured(self, number: str, unit: str) -> str:
        return format_unit(number, unit, length="short", locale=self.locale)

    @property
    def marks(self) -> tuple[str, str]:
        """Return what stands before the decimals and between the thousands."""
        symbols = self.locale.number_symbols["latn"]
        return symbols["decimal"], symbols["group"]

    def plural(self, forms: Mapping[str, str], count: int | None) -> str:
        """Return the form of a text that goes with a number; the form of many for one that is not shown."""
        form = "other" if count is None else self.locale.plural_form(count)
        return forms.get(form, forms["other"])
