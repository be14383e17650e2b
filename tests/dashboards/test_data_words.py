"""What the night's data says has words in every language of the pages."""

import re
from pathlib import Path
from typing import get_args

import pytest
from markupsafe import Markup

from dashboards import data_words, file_titles, site
from dashboards.context import Context
from offermill import expectations, wording
from offermill.ingest.codes import NoteCode, RejectCode
from offermill.report import words
from offers.channels import registry
from tests import literal_night

OTHERS = [language for language in words.LANGUAGES if language != "en"]
HOLES = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Context]:
    run = literal_night.make_run(tmp_path_factory.mktemp("said") / "shop")
    return {language: site.context(run, {}, language) for language in words.LANGUAGES}


@pytest.mark.parametrize("language", OTHERS)
def test_every_kind_of_check_is_said_with_the_same_holes(language: str) -> None:
    english, said = wording.ENGLISH.checks, data_words.texts(language)["checks"]["said"]
    places = {type_: sorted(HOLES.findall(sentence)) for type_, sentence in english.items()}
    assert {type_: sorted(HOLES.findall(sentence)) for type_, sentence in said.items()} == places
    assert [type_ for type_ in english if said[type_] == english[type_]] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_check_of_every_table_has_words_and_no_word_is_left_over(language: str) -> None:
    checks = [check for promised in expectations.load_all() for check in promised.checks]
    assert len(checks) > 800
    assert [check.source for check in checks if data_words.described(check, language) is None] == []
    own = {check.description for check in checks if check.description != wording.describe(check.type, check.kwargs)}
    assert set(data_words.texts(language)["checks"]["own"]) == own
    told = {check.description: data_words.described(check, language) for check in checks}
    assert [english for english, said in told.items() if said == english] == []


def row(address: str, index: int, description: str) -> dict[str, object]:
    return {"address": address, "check_index": index, "description": description}


def test_a_check_is_said_in_the_readers_language(contexts: dict[str, Context]) -> None:
    between = "consent_days_max is at least 0 and at most 5 (for 95 % of the rows)"
    kwargs = {"column": "consent_days_max", "min_value": 0, "max_value": 5, "mostly": 0.95}
    check = expectations.Check("expect_column_values_to_be_between", kwargs, "critical", between, "")
    assert data_words.described(check, "lv") == "consent_days_max ir vismaz 0 un ne vairāk kā 5 (95 % rindu)"
    assert data_words.described(check, "ru") == "consent_days_max: не меньше 0 и не больше 5 (для 95 % строк)"
    key = row("offers.message", 0, "offer_key is unique")
    assert [data_words.promise(contexts[language], key) for language in ("en", "lv", "ru")] == [
        "offer_key is unique",
        "offer_key neatkārtojas",
        "offer_key не повторяется",
    ]


@pytest.mark.parametrize(
    ("address", "index", "description"),
    [("offers.message", 0, "<b> of an earlier release"), ("offers.gone", 0, "x is unique"), ("../x.y", 900, "No row")],
)
def test_a_promise_without_words_stays_english_and_is_marked(
    contexts: dict[str, Context], address: str, index: int, description: str
) -> None:
    found = data_words.promise(contexts["lv"], row(address, index, description))
    assert found == Markup('<span lang="en">{}</span>').format(description)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_reason_and_every_remark_has_words(language: str) -> None:
    said = data_words.texts(language)
    assert set(said["rejects"]) == set(get_args(RejectCode))
    assert set(said["notes"]) == set(get_args(NoteCode))
    spoken, english = (
        {code: str(text) for kind in ("rejects", "notes") for code, text in found[kind].items()}
        for found in (said, data_words.texts("en"))
    )
    assert {code: HOLES.findall(text) for code, text in spoken.items()} == {
        code: HOLES.findall(text) for code, text in english.items()
    }
    assert language == "en" or [code for code, text in spoken.items() if text == english[code]] == []


def test_why_records_were_refused_is_said_in_the_readers_language(contexts: dict[str, Context]) -> None:
    fine = {"reason_code": "too_fine", "reason_detail": "2", "reason": None}
    assert [data_words.reject(contexts[language], fine) for language in ("en", "lv", "ru")] == [
        "has more than 2 digits after the point; nothing is rounded silently",
        "aiz punkta ir vairāk nekā 2 cipari; klusām neko nenoapaļo",
        "после точки больше 2 цифр; молча ничего не округляется",
    ]
    absent = {"kind": "absent_columns", "detail": "tier, <b>", "description": "left empty: tier, <b>"}
    assert data_words.note(contexts["ru"], absent) == ("Недоставленные столбцы", "оставлены пустыми: tier, <b>")


def test_what_an_earlier_release_wrote_stays_english_and_is_marked(contexts: dict[str, Context]) -> None:
    old = {"reason_code": None, "reason_detail": None, "reason": '"5.005" is <b>'}
    assert data_words.reject(contexts["lv"], old) == '<span lang="en">&#34;5.005&#34; is &lt;b&gt;</span>'
    assert data_words.reject(contexts["en"], old) == '"5.005" is <b>'
    note = {"kind": "repeated_hour", "detail": None, "description": "local times"}
    assert data_words.note(contexts["lv"], note) == ("Stunda, kas atkārtojas", '<span lang="en">local times</span>')


def test_words_say_only_plain_text() -> None:
    folder = Path(data_words.FOLDER)
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.yml")]
    assert len(texts) == len(words.LANGUAGES)
    assert [text for text in texts if re.search(r"[<>]", text)] == []


LEAD = {"against": "nothing", "estimate": 123.4, "low": 50.0, "high": 200.6, "level": 0.9}


def test_why_a_model_is_used_is_said_from_its_cards_figures(contexts: dict[str, Context]) -> None:
    def said(language: str, name: str, card: dict[str, object]) -> str:
        return str(data_words.verdict(contexts[language], name, card)).replace("\u00a0", " ")

    better = {"comparison": {"gain": 0.04232, "low": 0.03956, "high": 0.04539}, "verdict": {"message": "Better."}}
    assert said("en", "propensity", better) == "Better."
    assert said("lv", "propensity", better) == (
        "Vēlākiem klientiem labāks par RFM kārtulu: samazina logaritmisko zudumu par 0,04232 (no 0,03956 līdz 0,04539)."
    )
    worse = {"comparison": {"gain": -7.4721, "low": -9.0, "high": -5.0}}
    assert said("ru", "value", worse) == (
        "Хуже правила RFM: средняя квадратичная ошибка больше на 7,472. Ночью действует правило."
    )
    judged = {
        "judged": {"budgets": [{"leads": [LEAD]}]},
        "data": {"row_count": 11670},
        "arms": [{}] * 6,
        "verdict": {"status": "accepted", "message": "It earns."},
    }
    assert said("lv", "uplift", judged) == (
        "Mācījies no nejaušiem piešķīrumiem: 11 670; piedāvājumi: 6, un kontroles grupa. Cilvēkiem, no kuriem nav "
        "mācījies, tas vilnī vienam cilvēkam dod par 1,23 € vairāk nekā bez piedāvājumiem (90% intervāls: "
        "0,50 € – 2,01 €)."
    )
    refused = judged | {"verdict": {"status": "refused", "message": "Not shown."}}
    assert said("ru", "uplift", refused).endswith("поэтому её не применяют; числа ниже.")
    assert "vismaz 200 cilvēku" in said("lv", "uplift", {"verdict": {"status": "none", "message": "No evidence."}})
    assert "пока не применяют" in said("ru", "uplift", {"verdict": {"status": "refused", "message": "Too little."}})
    assert said("lv", "uplift", {"verdict": {"message": "Too little <b>"}}) == (
        '<span lang="en">Too little &lt;b&gt;</span>'
    )


@pytest.mark.parametrize("language", OTHERS)
def test_every_feature_is_said_and_every_unit(contexts: dict[str, Context], language: str) -> None:
    columns = expectations.load("features.customer").columns
    said = {name: str(data_words.feature_meaning(contexts[language], name)) for name in columns}
    assert len(said) > 80
    assert [name for name, text in said.items() if "<span" in text or "{" in text or not text] == []
    used = {data_words._WINDOW.sub("_N_days", name) for name in columns}
    assert set(data_words.texts(language)["features"]) == used
    assert set(data_words.texts(language)["units"]) == {column.unit for column in columns.values() if column.unit}


def test_a_feature_is_said_with_its_window_and_unit(contexts: dict[str, Context]) -> None:
    name = "order_count_90_days"
    assert [data_words.feature_meaning(contexts[language], name) for language in words.LANGUAGES] == [
        "Orders in the last 90 local days, the business date included. (orders)",
        "Pasūtījumi pēdējās 90 dienās, ieskaitot šo dienu. (pasūtījumi)",
        "Заказы за последние 90 дней, считая этот день. (заказы)",
    ]


@pytest.mark.parametrize("language", OTHERS)
def test_every_file_of_every_channel_has_words(language: str) -> None:
    targets = registry.targets().values()
    titles = {contract.title for target in targets for contract in (*target.files, *target.written)}
    assert len(titles) > 15
    # Calls of the interface of Google Ads are no file of a contract.
    assert set(data_words.texts(language)["files"]["titles"]) == titles | {"Audience for Google Ads"}


FILES = {
    "channels/braze/users-0002.csv": "braze: Custom attributes of users: offers that ended, part 2 of 3",
    "channels/ads/a.json": "ads: Audience for Google Ads, people to take away, call 1",
    "channels/stores/store-s01.html": "stores: Rīga <1>, to print",
    "audit/told/braze.parquet": "What the channel braze was told, without addresses",
    "segments/rfm-loyal.csv": "Customers of the segment loyal (rfm)",
    "channels/crm/x.csv": "crm: Something <new>",
}


def test_a_file_is_called_in_the_readers_language(contexts: dict[str, Context]) -> None:
    found = {path: file_titles.said(contexts["lv"], {"path": path, "title": title}) for path, title in FILES.items()}
    assert list(found.values()) == [
        "braze: lietotāju pielāgotie atribūti: beigušies piedāvājumi, 2. daļa no 3",
        "ads: auditorija Google Ads, izņemamie cilvēki, 1. izsaukums",
        "stores: Rīga <1>, drukāšanai",
        "Kas kanālam braze paziņots, bez adresēm",
        found["segments/rfm-loyal.csv"],
        '<span lang="en">crm: Something &lt;new&gt;</span>',
    ]
    assert "(rfm)" not in found["segments/rfm-loyal.csv"]
