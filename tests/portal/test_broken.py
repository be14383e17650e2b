"""A publication whose manifest is broken hides none of the others, and is handed out in no part."""

from collections.abc import Callable
from pathlib import Path

import pytest

from offermill import datapackage
from portal.state import Portal
from tests.portal import publication
from tests.portal.visits import Visitor, as_user

Fresh = tuple[Portal, Visitor]
BREAKS: dict[str, Callable[[str], str]] = {
    "no JSON": lambda text: text[:-40],
    "no text": lambda text: "",
    "a list": lambda text: "[]",
    "no resources": lambda text: text.replace('"resources"', '"others"'),
    "no facts": lambda text: text.replace('"offermill"', '"others"'),
    "no date": lambda text: text.replace('"business_date": "2026-07-01"', '"business_date": "soon"'),
    "a way out": lambda text: text.replace('"path": "brands.csv"', '"path": "../2026-06-30/brands.csv"'),
    "two of one name": lambda text: text.replace('"name": "brands.csv"', '"name": "crm_offers.csv"'),
    "a lost file": lambda text: text.replace("audit/decisions.parquet", "audit/lost.parquet"),
    "fields that are none": lambda text: text.replace('"fields": [', '"fields": [7, '),
}


def broken(shop: Path, how: str) -> None:
    folder = shop / "exports" / "2026-07-01"
    publication.publish(shop / "exports", "2026-07-01")
    path = folder / datapackage.NAME
    text = path.read_text(encoding="utf-8")
    path.write_text(BREAKS[how](text), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text


@pytest.mark.parametrize("how", BREAKS)
def test_it_is_named_and_the_others_are_there(fresh: Fresh, how: str) -> None:
    portal, stranger = fresh
    broken(portal.shop.folder, how)
    visitor = as_user(portal, stranger.port, "anna")
    page = visitor.get("/?language=en")
    assert page.status == 200
    assert "<code>2026-07-01</code>" in page.text
    assert "Its datapackage.json cannot be read" in page.text
    assert ('href="/editions/2026-06-30"' in page.text, 'href="/editions/2026-07-01"' in page.text) == (True, False)
    newest, other = visitor.api("editions").json
    assert (newest["edition"], newest["problem"]) == ("2026-07-01", "Its datapackage.json cannot be read.")
    assert (other["edition"], other["list_count"], other["problem"]) == ("2026-06-30", 8, None)
    assert visitor.api("lists", edition="2026-06-30").status == 200
    for path in ("/editions/2026-07-01", "/download/2026-07-01/crm_offers.csv/csv"):
        assert visitor.get(path).status == 409, path
    assert visitor.api("download", edition="2026-07-01", list="crm_offers.csv").status == 409
