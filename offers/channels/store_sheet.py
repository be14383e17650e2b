"""The sheet for every store and the call centre: tomorrow's offers, what to say, and what to do when a code fails.

It holds no customer, no code and no count that a customer could be found by; it may hang beside the till.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.numbers import format_percent

from offermill import datapackage
from offermill.report.environment import environment
from offermill.report.numbers import Formats
from offermill.run import Run
from offers import wording
from offers.channels import documents, tables
from offers.channels.contract import Leaving, Target
from offers.channels.store_words import EXAMPLE, WORDS, Words
from offers.channels.workbook import Column, Workbook

TEMPLATES = Path(__file__).parent / "templates"
# Counts are told in tens: staff need to know how often they will be asked, not by whom.
_ROUND = 10
_PLAIN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LOCALES = {"en": "en_150", "lv": "lv_LV", "ru": "ru_RU"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One offer on a sheet, in the sheet's language.

    Attributes:
        says: (language, sentence) for the customer.
        adds: (language, how it is used, its terms and where all terms stand) for who asks; parts that there are.
    """

    offer_id: str
    label: str
    target: str
    says: tuple[tuple[str, str], ...]
    adds: tuple[tuple[str, tuple[str, ...]], ...]
    until: str
    purchase: str
    customers: str
    notes: tuple[str, ...]

    def said(self, language: str) -> str:
        """Return the sentence in a language; nothing when the offer is no longer in the catalogue."""
        return dict(self.says).get(language, "")

    def added(self, language: str) -> tuple[str, ...]:
        """Return what stands beside the sentence in a language, one text a line."""
        return dict(self.adds).get(language, ())


@dataclass(frozen=True)
class Sheet:
    """One store's sheet; `name` is the store's, or the call centre's."""

    name: str
    live: tuple[Line, ...]
    withdrawn: tuple[Line, ...]


@dataclass(frozen=True)
class Writer:
    """Says everything of one night's sheets in one language.

    Attributes:
        language: of the sheet; the sentences for customers come in all languages of the shop.
        support: whom staff call.
    """

    run: Run
    language: str
    support: str

    @property
    def words(self) -> Words:
        return WORDS[self.language]

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """What to do when a code fails, one sentence or two each."""
        return tuple(step.format(example=EXAMPLE, support=self.support) for step in self.words.steps)

    @property
    def title(self) -> str:
        day = format_date(self.run.business_date + timedelta(days=1), "long", locale=_LOCALES[self.language])
        return self.words.title.format(day=day)

    @property
    def footer(self) -> str:
        return self.words.footer.format(night=self._day(self.run.business_date))

    @property
    def sorry(self) -> str:
        return self.words.sorry.format(support=self.support)

    def line(self, row: Row) -> Line:
        """Return one offer of one store."""
        return Line(
            row["offer_id"],
            self._label(row),
            wording.plain(row["target_name"] or ""),
            self._says(row),
            self._adds(row),
            self._until(row),
            self._purchase(row),
            self._customers(row["customer_count"]),
            self._notes(row),
        )

    def _day(self, day: Any) -> str:
        return str(format_skeleton("yMd", day, locale=_LOCALES[self.language]))

    def _money(self, minor: int) -> str:
        return wording.money(minor, self.run.settings.shop.currency, self.language)

    def _label(self, row: Row) -> str:
        match row["kind"]:
            case "percent":
                return "\u2212" + format_percent(row["depth_pct"] / 100, locale=_LOCALES[self.language])
            case "amount":
                return "\u2212" + self._money(row["amount_minor"])
            case "points":
                return "+" + wording.points(row["points"], self.language)
            case "gift":
                return self.words.gift
            case "delivery":
                return self.words.delivery
            case _:
                return wording.plain(row["offer_id"])

    def _says(self, row: Row) -> tuple[tuple[str, str], ...]:
        languages = self.run.settings.shop.languages
        return tuple((language, row[f"text_{language}"]) for language in languages if row[f"text_{language}"])

    def _adds(self, row: Row) -> tuple[tuple[str, tuple[str, ...]], ...]:
        languages = self.run.settings.shop.languages
        return tuple((language, tuple(self._beside(row, language))) for language in languages)

    def _beside(self, row: Row, language: str) -> Iterator[str]:
        use, terms, url = (row[f"{name}_{language}"] for name in ("use", "terms", "terms_url"))
        yield from (text for text in (use, terms) if text)
        if url:
            yield WORDS[language].terms.format(url=url)

    def _until(self, row: Row) -> str:
        first, last = self._day(row["first_until"]), self._day(row["last_until"])
        return last if first == last else self.words.varies.format(first=first, last=last)

    def _purchase(self, row: Row) -> str:
        if row["kind"] is None:
            return ""
        return self._money(row["threshold_minor"]) if row["threshold_minor"] else self.words.any_purchase

    def _customers(self, count: int) -> str:
        if count == 0:
            return self.words.none
        return self.words.about.format(count=count // _ROUND * _ROUND) if count >= _ROUND else self.words.few

    def _notes(self, row: Row) -> tuple[str, ...]:
        notes = [self.words.gone] if row["kind"] is None else []
        return tuple(notes + [self.words.age] * bool(row["is_age_restricted"]))


def _file_name(store_id: str | None) -> str:
    if store_id is None:
        return "call-centre"
    # An id that is no safe file name, in any letters, gets one of its hash.
    plain = store_id if _PLAIN_ID.fullmatch(store_id) else hashlib.sha256(store_id.encode()).hexdigest()[:16]
    return f"store-{plain}"


def _layout(writer: Writer) -> tuple[Column, ...]:
    offer, say, until, purchase, customers = writer.words.columns
    says = [Column(f"{say} ({language})", 60, is_long=True) for language in writer.run.settings.shop.languages]
    return (
        Column(offer, 22, is_long=True),
        *says,
        Column(until, 24, is_long=True),
        Column(purchase, 16),
        Column(customers, 16),
        Column("", 40, is_long=True),
        Column(writer.words.asked, 50, is_long=True),
    )


def _cells(writer: Writer, line: Line) -> list[str | None]:
    label = f"{line.label} {line.target}".strip()
    says = [line.said(language) for language in writer.run.settings.shop.languages]
    asked = " ".join(line.added(writer.language))
    cells = [label, *says, line.until, line.purchase, line.customers, " ".join(line.notes), asked]
    return [cell or None for cell in cells]


def _write_workbook(writer: Writer, sheet: Sheet, path: Path) -> None:
    with Workbook(path, _layout(writer), writer.run.business_date, 0) as book:
        for line in sheet.live:
            book.add(_cells(writer, line))
        book.page(writer.words.fails, [*writer.steps, writer.footer])
        if sheet.withdrawn:
            gone = [f"{line.label}: {said}" for line in sheet.withdrawn for said in _recognised(writer, line)]
            book.page(writer.words.withdrawn, [writer.sorry, *gone])


def _recognised(writer: Writer, line: Line) -> Sequence[str]:
    """Return what staff know a withdrawn offer by: its sentence in their language, or its id."""
    return [line.said(writer.language)] if line.said(writer.language) else [line.offer_id]


def _write_page(writer: Writer, sheet: Sheet, path: Path) -> None:
    shop = writer.run.settings.shop
    template = environment(TEMPLATES, Formats(writer.language, shop.currency, shop.currency_digits)).get_template(
        "store_sheet.html.j2"
    )
    path.write_text(
        template.render(
            language=writer.language,
            shop=shop.name,
            sheet=sheet,
            tongues=shop.languages,
            words=writer.words,
            title=writer.title,
            steps=writer.steps,
            sorry=writer.sorry,
            footer=writer.footer,
            withdrawn=[(line.label, said) for line in sheet.withdrawn for said in _recognised(writer, line)],
        ),
        encoding="utf-8",
    )


def _sheet(writer: Writer, name: str, rows: Iterable[Row]) -> Sheet:
    found = [(row["offer_status"], writer.line(row)) for row in rows]
    return Sheet(
        wording.plain(name),
        tuple(line for status, line in found if status == "offered"),
        tuple(line for status, line in found if status == "withdrawn"),
    )


def _stores(leaving: Leaving) -> dict[str | None, str]:
    found = leaving.warehouse.rows("select store_id, coalesce(store_name, store_id) from core.store order by store_id")
    return {str(store): str(name) for store, name in found}


def _rows(leaving: Leaving) -> Iterator[Row]:
    for batch in tables.batches(leaving.warehouse, leaving.run, tables.query("store_sheet")):
        yield from batch.to_pylist()


def _write(leaving: Leaving, folder: Path) -> Iterator[datapackage.Resource]:
    language = leaving.options["language"] or leaving.run.settings.shop.default_language
    writer = Writer(leaving.run, language, leaving.options["support"])
    names = {None: writer.words.call_centre} | _stores(leaving)
    by_store = {store: list(rows) for store, rows in groupby(_rows(leaving), key=lambda row: row["store_id"])}
    for store, name in names.items():
        sheet = _sheet(writer, name, by_store.get(store, []))
        page, book = folder / f"{_file_name(store)}.html", folder / f"{_file_name(store)}.xlsx"
        _write_page(writer, sheet, page)
        _write_workbook(writer, sheet, book)
        about = {} if store is None else {"store": store}
        yield replace(documents.resource(leaving, page, f"{sheet.name}, to print", len(sheet.live)), about=about)
        yield replace(documents.resource(leaving, book, sheet.name, len(sheet.live)), about=about)


TARGET = Target(
    name="store_sheet",
    title="Stores and call centre: tomorrow's offers on one sheet",
    options=(
        ("support", None, "Whom staff call when a code fails, such as a telephone number."),
        ("language", "", "Language of the sheets: lv, ru or en; the shop's default language when left out."),
    ),
    choices=(("language", tuple(WORDS)),),
    documents=_write,
    setup="Send `store-<id>.html` or `.xlsx` to each store before it opens, `call-centre` to those who answer calls.",
)
