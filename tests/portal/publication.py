"""A publication written by hand, and a shop with ten roles: every kind of list and every kind of limit."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from offermill import csvfile, datapackage
from offermill.paths import ShopPaths
from offers.channels.workbook import Column, Workbook
from portal import users

DAY = date(2026, 6, 30)
EDITION = "2026-06-30"
PASSWORD = "a long enough password"
SHOP = """\
shop: {id: test, name: "Veikals <b>", time_zone: Europe/Riga, default_language: lv}
randomisation: {salt: a salt for tests}
sources: {}
portal:
  login_attempts: 3
  roles:
    admin: [{lists: ["*"], verbs: [see, preview, download]}]
    analyst: [{lists: ["*"], verbs: [see, preview]}]
    auditor: [{lists: ["audit.*"], verbs: [see, download]}]
    marketer:
      - {lists: ["crm_offers.csv", "segments.*"], verbs: [see, preview, download]}
      - {lists: ["channels.*"], verbs: [see]}
    store-one: [{lists: ["*"], verbs: [see, preview, download], stores: [s1]}]
    stores-s: [{lists: ["segments.*"], verbs: [see, preview, download], stores: ["s?"]}]
    brand-lego: [{lists: ["*"], verbs: [see, preview, download], brands: [lego]}]
    new-people: [{lists: ["*"], verbs: [see, preview, download], segments: ["lifecycle-n*"]}]
    emailer: [{lists: ["*"], verbs: [see, preview, download], channels: [email]}]
    lego-in-one: [{lists: ["*"], verbs: [see, preview, download], brands: [lego], stores: [s1]}]
    peeper:
      - {lists: ["segments.*"], verbs: [see, preview], stores: [s1]}
      - {lists: ["segments.*"], verbs: [see, preview, download], stores: [s2]}
"""

TEXT, WHOLE, NUMBER, DAY_KIND = "string", "integer", "number", "date"
Fields = tuple[tuple[str, str, str], ...]
Rows = Sequence[Sequence[csvfile.Cell]]

OFFER_FIELDS: Fields = (
    ("offer_key", TEXT, "Key."),
    ("customer_id", TEXT, "Customer."),
    ("channel", TEXT, "Channel."),
    ("offer_text", TEXT, "The sentence."),
    ("value_amount", NUMBER, "Worth."),
    ("valid_until", DAY_KIND, "Last day."),
)
OFFERS: Rows = (
    ("K1", "00123", "email", 'Pērc "kafiju", saņem 10 %', "3.05", date(2026, 7, 14)),
    ("K2", "1E5", "sms", "=HYPERLINK(0)", "12.50", date(2026, 7, 14)),
    ("K3", "c3", "email", "two\nlines; =1+1", "-0.10", date(2026, 7, 1)),
)
PEOPLE_FIELDS: Fields = (
    ("customer_id", TEXT, "Customer."),
    ("home_store", TEXT, "Store."),
    ("orders", WHOLE, "Orders."),
    ("reason", TEXT, "Why."),
)
NEW: Rows = (("a1", "s1", 4, "new"), ("a2", "s2", 5, "new"), ("a3", None, 6, "new"), ("a4", "s10", 7, "new"))
LAPSED: Rows = (("b1", "s1", 1, "=2+3"), ("b2", "s2", 2, "long ago"))
BRAND_FIELDS: Fields = (("customer_id", TEXT, "Customer."), ("brand", TEXT, "Brand."), ("store_id", TEXT, "Store."))
BRANDS: Rows = (("a1", "lego", "s1"), ("a2", "lego", "s2"), ("a3", "mattel", "s1"))
CONTACT_FIELDS: Fields = (("customer_id", TEXT, "Customer."),)


class Writer:
    """Writes the files of a publication and remembers what they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.resources: list[datapackage.Resource] = []

    def csv(self, path: str, title: str, fields: Fields, rows: Rows) -> None:
        csvfile.write(self.folder / path, [name for name, _, _ in fields], rows)
        self.resources.append(datapackage.Resource(path, title, len(rows), fields))

    def xlsx(self, path: str, title: str, fields: Fields, rows: Rows, **about: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        with Workbook(self.folder / path, [Column(name, 12) for name, _, _ in fields], DAY, 2) as book:
            for row in rows:
                book.add(row)
        self.resources.append(datapackage.Resource(path, title, len(rows), about=about))

    def parquet(self, path: str, title: str, table: pa.Table) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, self.folder / path)
        self.resources.append(datapackage.Resource(path, title, table.num_rows))

    def finish(self) -> None:
        facts = {"edition": self.folder.name, "business_date": self.folder.name[:10], "currency_digits": 2}
        datapackage.write(self.folder, f"test-{self.folder.name}", "Test", self.resources, facts)


def decisions() -> pa.Table:
    """Return a table of every type, with a store."""
    return pa.table(
        {
            "customer_id": ["a1", "a2", "a3"],
            "home_store_id": ["s1", "s2", None],
            "propensity": [0.25, 0.5, None],
            "value_minor": pa.array([100, -5, None], pa.int64()),
            "is_offered": [True, False, None],
            "rules": [["x", "y"], [], None],
        }
    )


def publish(exports: Path, edition: str = EDITION) -> None:
    """Write an edition."""
    writer = Writer(exports / edition)
    writer.csv("crm_offers.csv", "Offers for the CRM", OFFER_FIELDS, OFFERS)
    writer.csv("segments/lifecycle-new.csv", "New customers", PEOPLE_FIELDS, NEW)
    writer.xlsx("segments/lifecycle-new.xlsx", "New customers", PEOPLE_FIELDS, NEW)
    writer.csv("segments/lifecycle-lapsed.csv", "Lapsed customers", PEOPLE_FIELDS, LAPSED)
    writer.csv("brands.csv", "Customers by brand", BRAND_FIELDS, BRANDS)
    writer.csv("channels/email/contacts.csv", "Contacts for e-mail", CONTACT_FIELDS, [("a1",), ("a2",)])
    writer.csv("channels/braze/users.csv", "Users for Braze", CONTACT_FIELDS, [("a3",)])
    for store in ("s1", "s10"):
        writer.xlsx(f"channels/stores/store-{store}.xlsx", f"stores: Store {store}", PEOPLE_FIELDS, (), store=store)
    writer.xlsx("channels/stores/call-centre.xlsx", "stores: Call centre", PEOPLE_FIELDS, ())
    writer.xlsx("sheets/s1.xlsx", "Sheet of the store s1", PEOPLE_FIELDS, NEW)
    writer.parquet("audit/decisions.parquet", "Decisions", decisions())
    writer.finish()


def make(folder: Path) -> ShopPaths:
    """Make the shop with one user per role, named like the role."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.yml").write_text(SHOP, encoding="utf-8")
    shop = ShopPaths(folder)
    publish(shop.exports)
    return shop


def add_user(shop: ShopPaths, name: str, *roles: str) -> None:
    """Add a user whose password is PASSWORD."""
    from offermill import settings

    users.add(shop, settings.load(shop.settings).portal, name, roles, PASSWORD)
