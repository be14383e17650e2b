"""The preview: every text with real, long and odd names, measured, on a page that nothing can break out of."""

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from offermill import sqlfiles
from offermill.paths import ShopPaths
from offermill.report import words as spoken
from offermill.warehouse import Warehouse
from offers import beside, codes
from offers.channels.store_words import EXAMPLE
from offers.preview import make, page, plain, sms, texts
from offers.preview.names import ODD
from offers.preview.words import WORDS
from offers.schema import LANGUAGES
from tests.literal_tables import make as make_table
from tests.offermill.test_cli import offermill, said
from tests.offers import small_shop
from tests.offers.small_shop import NIGHT

SETTINGS = """\
shop: {id: test, name: "Veikals <b>", time_zone: Europe/Riga, default_language: lv}
randomisation: {salt: a salt for tests}
sources: {}
texts: {terms_url: "https://shop.example/t?a=1&b=2"}
"""
CATALOGUE = """
budget: {amount: "100.00"}
point_value: "0.01"
campaigns:
  - {id: summer, name: Summer, valid_days: 28, channels: [email, sms, push, post]}
templates:
  - {id: top, campaign: summer, kind: percent, depths: [20], max_discount: "6.00",
     target: {kind: category, top_categories: 2}}
  - {id: points, campaign: summer, kind: points, depths: [500], terms: {en: Once., lv: Vienreiz., ru: Один раз.}}
"""
KINDS = ["real", "longest", *(names.kind for names in ODD)]


def shop_in(folder: Path) -> ShopPaths:
    folder.mkdir(exist_ok=True)
    (folder / "shop.yml").write_text(SETTINGS, encoding="utf-8")
    (folder / "offers.yml").write_text(CATALOGUE, encoding="utf-8")
    return ShopPaths(folder)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> texts.Preview:
    """Return the preview of a shop that nothing was delivered to yet."""
    return make.of_shop(shop_in(tmp_path_factory.mktemp("before") / "shop"), NIGHT)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts", "forced_by"),
    [
        ("", "GSM-7", 0, 1, ()),
        ("a" * 160, "GSM-7", 160, 1, ()),
        ("a" * 161, "GSM-7", 161, 2, ()),
        ("a" * (2 * 153), "GSM-7", 306, 2, ()),
        ("a" * (2 * 153 + 1), "GSM-7", 307, 3, ()),
        ("5.00 €", "GSM-7", 7, 1, ()),  # the euro sign takes two
        ("€" * 80, "GSM-7", 160, 1, ()),
        # 76 signs of two septets fit a part of 153: a sign is not cut, so 154 need three parts and not two.
        ("€" * 153, "GSM-7", 306, 3, ()),
        ("5.00\u00a0€", "UCS-2", 6, 1, ("\u00a0",)),
        ("ā" * 70, "UCS-2", 70, 1, ("ā",)),
        ("ā" * 71, "UCS-2", 71, 2, ("ā",)),
        ("ā" * (2 * 67 + 1), "UCS-2", 135, 3, ("ā",)),
        ("🎁" * 35, "UCS-2", 70, 1, ("🎁",)),
        ("🎁" * 67, "UCS-2", 134, 3, ("🎁",)),  # 33 pairs a part
        ("Ņēmējs ņem", "UCS-2", 10, 1, ("Ņ", "ē", "ņ")),
    ],
)
def test_parts_of_a_text_message(text: str, encoding: str, units: int, parts: int, forced_by: tuple[str, ...]) -> None:
    assert sms.measured(text) == sms.Sms(encoding, units, parts, forced_by)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Buy “Coffee” – 5.00\u00a0€ off… it’s yours", 'Buy "Coffee" - 5.00 € off... it\'s yours'),
        ("Iepērcieties par 5,00\u00a0€ – „Kafija”", "Iepērcieties par 5,00\u00a0€ – „Kafija”"),
        ("Скидка 5,00\u00a0€ на «Кофе»", "Скидка 5,00\u00a0€ на «Кофе»"),
        ("Buy “Crème brûlée”", "Buy “Crème brûlée”"),  # GSM-7 has è, and no û
        ("[a] {b} ~ \\ | ^ @ £ ñ", "[a] {b} ~ \\ | ^ @ £ ñ"),
        ("Gift 🎁 – yours", "Gift 🎁 – yours"),
    ],
)
def test_a_text_message_stays_in_gsm_7_where_its_letters_permit(text: str, sent: str) -> None:
    assert sms.as_sent(text) == sent
    rows = [{"offer_id": "x", "text_en": text}]
    told = {"customer_id": "c1", "offer_id": "x", "campaign_id": "s", "valid_from": date(2026, 7, 1)}
    with Warehouse.open() as warehouse:
        make_table(warehouse, "offers.catalogue", rows)
        make_table(warehouse, "offers.addressee", [{"customer_id": "c1", "language": "en"}])
        make_table(warehouse, "offers.decision", [{**told, "channel": channel} for channel in ("sms", "email")])
        make_table(warehouse, "offers.decision_history", [])
        make_table(warehouse, "offers.withdrawn_promise", [])
        query = sqlfiles.read("offers.message").text
        warehouse.replace_table("offers.message", query, {"business_date": date(2026, 6, 30)})
        found = dict(warehouse.rows("select channel, offer_text from offers.message"))
    # What leaves is what the preview counts; other channels keep the good letters.
    assert found == {"sms": sent, "email": text}


def test_every_rule_is_tried_with_every_kind_of_name_in_every_language(before: texts.Preview) -> None:
    assert not before.has_data
    found = {
        one.offer.offer_id: [(message.names.kind, message.language) for message in one.messages]
        for one in before.offers
    }
    everything = [(kind, language) for kind in KINDS for language in ("lv", "en", "ru")]
    assert found == {"top-20-x": everything, "points-500": everything}
    assert before.text_count == 2 * 3


def test_a_message_says_what_its_offer_says_and_greets_nobody_by_an_empty_name(before: texts.Preview) -> None:
    points = before.offers[1]
    said = {message.names.kind: message for message in points.messages if message.language == "en"}
    assert (said["real"].greeting, said["empty"].greeting) == ("Hello, Anna!", "Hello!")
    assert said["real"].sentence == "Shop by 28 July 2026 and get 500\u00a0points, worth 5.00\u00a0€."
    # Points come by the card and lower no price: no code, no notice.
    beside_it = ("You need no code: we credit the points to your card.", "", "Once.", "")
    assert (said["real"].use, said["real"].code, said["real"].terms, said["real"].notice) == beside_it
    assert said["real"].url == "Terms: https://shop.example/t?a=1&b=2"
    top = before.offers[0].of("braces")[1]
    assert "“{value} {{ 7*7 }} ${HOME} %s [red]”" in top.sentence
    assert (top.code, top.notice) == (f"Code: {EXAMPLE}", beside.PRICE_NOTICE["en"])
    assert not codes.is_valid(EXAMPLE)


def test_what_a_channel_cannot_carry_is_told(before: texts.Preview) -> None:
    very_long = before.offers[0].of("very_long")[0]
    assert {length.channel: length.is_too_long for length in very_long.lengths} == {
        "email": False, "sms": True, "push": True, "post": False,
    }  # fmt: skip
    real = before.offers[1].real[1]
    assert {length.channel: length.characters for length in real.lengths} == {
        "email": len("Hello, Anna! Shop by 28 July 2026 and get 500 points, worth 5.00 €. You need no code: we credit "
                     "the points to your card. Once. Terms: https://shop.example/t?a=1&b=2"),
        "sms": len("Hello, Anna! Shop by 28 July 2026 and get 500 points, worth 5.00 €. "
                   "Terms: https://shop.example/t?a=1&b=2"),
        "push": len("Hello, Anna! Shop by 28 July 2026 and get 500 points, worth 5.00 €."),
        "post": len("Hello, Anna! Shop by 28 July 2026 and get 500 points, worth 5.00 €. You need no code: we credit "
                    "the points to your card. Once. Terms: https://shop.example/t?a=1&b=2"),
    }  # fmt: skip
    assert before.warning_count == sum(bool(message.too_long) for one in before.offers for message in one.messages) > 0


class Page(HTMLParser):
    """What a browser would make of the page: its elements and their text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text: list[str] = []
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert [name for name, _ in attrs if name.startswith("on")] == []
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_escaped_and_the_same_each_time(before: texts.Preview, tmp_path: Path, language: str) -> None:
    chosen = make.Run.of(shop_in(tmp_path / "shop").folder, NIGHT).settings.shop
    html = page.html(before, chosen, language)
    assert html == page.html(before, chosen, language)
    shown = Page(html)
    assert not shown.tags & {"script", "img", "link", "iframe", "b"}
    assert [address for address in shown.addresses if not address.startswith("#offer-")] == []
    text = " ".join(" ".join(shown.text).split())
    for hostile in (
        "<script>alert(1)</script> & <img src=x onerror=alert(1)>",
        "<b>Anna</b>",
        "{{ 7*7 }}",
        "Veikals <b>",
    ):
        assert hostile in text
    assert not re.search(r"[\u202e\u200b\x00]", html)
    assert WORDS[language].greeting in text


def test_every_language_of_the_page_says_everything_with_the_same_places() -> None:
    holes = re.compile(r"\{(\w+)\}")
    english = vars(WORDS["en"])
    assert set(WORDS) == set(spoken.LANGUAGES)
    for words in map(vars, WORDS.values()):
        assert {name: sorted(holes.findall(str(value))) for name, value in words.items()} == {
            name: sorted(holes.findall(str(value))) for name, value in english.items()
        }
        assert [code for code, _ in words["kinds"]] == KINDS


def test_the_text_for_a_terminal_cannot_colour_or_hide_anything(before: texts.Preview) -> None:
    short, whole = (plain.text(before, with_odd_names=odd) for odd in (False, True))
    assert short.startswith("Veikals <b>, night of 2026-06-30. Offers: 2. Texts: 6. Version ")
    assert "\n  lv: Sveiki, Anna! Līdz 2026. gada 28. jūlijam iepērcieties" in short
    assert "\\[red]" in whole
    assert not re.search(r"[\u202e\u200b\x00\r]", whole)


def test_the_notice_is_the_one_that_messages_carry() -> None:
    sql = (Path(__file__).parents[2] / "sql" / "offers" / "message.sql").read_text(encoding="utf-8")
    assert dict(re.findall(r"\('(\w\w)', '(.+?)'\)", sql)) == beside.PRICE_NOTICE


def goods(warehouse_of: ShopPaths) -> None:
    """Deliver two categories, of which one has a long name, and customers, of whom five are called Līga."""
    from offermill.warehouse import Warehouse

    long_name = "Coffee & tea, " * 5
    rows: dict[str, list[dict[str, object]]] = {
        "core.category": [
            {"category_id": "coffee", "category_name": "Kafija"},
            {"category_id": "tea", "category_name": long_name},
        ],
        "core.product": [{"product_id": f"p-{name}", "category_id": name} for name in ("coffee", "tea")],
        "core.purchase_line": [
            {
                "customer_id": "c1",
                "category_id": name,
                "kind": "sale",
                "ordered_at": "2026-06-01",
                "arrived_on": "2026-06-01",
            }
            for name in ("coffee", "tea")
        ],
        "core.contact_name": [
            *({"customer_id": f"c{number}", "first_name": "Līga"} for number in range(5)),
            {"customer_id": "c9", "first_name": "Wilhelmina-Constance"},
        ],
    }
    with Warehouse.open(warehouse_of.warehouse) as warehouse:
        for address, given in rows.items():
            small_shop.fill(warehouse, address, given)


def test_names_come_from_the_data_and_a_rare_first_name_stays_out_of_sight(tmp_path: Path) -> None:
    shop = shop_in(tmp_path / "shop")
    goods(shop)
    found = make.of_shop(shop, NIGHT)
    assert [one.offer.offer_id for one in found.offers] == ["top-20-coffee", "top-20-tea", "points-500"]
    coffee, tea, _ = found.offers
    assert coffee.real[0].greeting == "Sveiki, Līga!"
    assert "„Kafija”" in coffee.real[0].sentence
    # Odd names are tried once per rule, the longest ones of the data with it.
    assert [message.names.kind for message in tea.messages] == ["real"] * 3
    longest = coffee.of("longest")[0]
    assert longest.names.person != "Wilhelmina-Constance"
    assert len(longest.names.person) == len("Wilhelmina-Constance")
    assert "„Coffee & tea, Coffee" in longest.sentence
    assert "Wilhelmina" not in json.dumps(found.as_dict(), ensure_ascii=False)


def test_the_command_prints_writes_a_page_and_says_what_is_wrong(tmp_path: Path) -> None:
    shop = shop_in(tmp_path / "shop").folder
    night = ("--shop", shop, "--date", NIGHT)
    code, out, _ = offermill("preview", *night)
    assert (code, "points-500 (email, sms, push, post)" in out) == (0, True)
    code, out, _ = offermill("preview", *night, "--json")
    assert (code, [one["offer_id"] for one in json.loads(out)["offers"]]) == (0, ["top-20-x", "points-500"])
    written = tmp_path / "preview.html"
    assert offermill("preview", *night, "--page", written, "--language", "ru")[0] == 0
    assert '<html lang="ru">' in written.read_text(encoding="utf-8")
    mistakes = {
        ("--shop", shop): "no night is published yet, so texts have no dates; say the night with --date YYYY-MM-DD.",
        (*night, "--language", "de"): "--language de: is none of en, lv, ru.",
        (*night, "--names", "odd"): "--names odd: is none of real, all.",
        (*night, "--page", tmp_path / "gone" / "x.html"): "is no file that can be written; name one in a folder that",
    }
    for arguments, problem in mistakes.items():
        code, _, error = offermill("preview", *arguments)
        assert (code, problem in said(error)) == (2, True), error
