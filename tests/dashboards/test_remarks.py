"""Why a figure cannot be told is said in the reader's language, from a code and numbers, never from the English."""

import pickle
import re
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from dashboards import remarks, site
from dashboards.context import Context, texts
from offermill import paths
from offermill.remark import Remark, restored, row_of
from offermill.report import words
from outcomes.statistics.comparison import Sample
from tests import literal_night

NOBODY = Sample(np.array([True] * 40 + [False] * 3), np.full(43, 0.5), np.arange(43)).problem
FEW = Remark(
    "few_with", "too few people with an offer: worth {count}, at least {least} are needed", count=1234, least=30
)
UNEVEN = Remark(
    "uneven_weights", "{count} rows weigh as {worth:.1f}, {least:g} are needed", count=80, worth=7.25, least=30
)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Context]:
    run = literal_night.make_run(tmp_path_factory.mktemp("remarks") / "shop")
    return {language: site.context(run, {}, language) for language in words.LANGUAGES}


def said(ctx: Context, remark: str) -> str:
    return remarks.said(ctx, {"problem": remark, **row_of(remark)}).replace("\u00a0", " ")


def test_a_remark_is_its_english_sentence_and_keeps_its_parts() -> None:
    assert FEW == "too few people with an offer: worth 1234, at least 30 are needed"
    assert row_of(FEW) == {"problem_parts": '{"code": "few_with", "count": 1234, "least": 30}'}
    copies = deepcopy(FEW), pickle.loads(pickle.dumps(FEW)), restored(str(FEW), FEW.parts)
    assert [(copy, copy.parts) for copy in copies] == [(FEW, FEW.parts)] * 3
    assert row_of(None) == row_of("a sentence of somebody's own") == {"problem_parts": None}


def test_a_remark_is_said_with_the_numbers_of_the_language(contexts: dict[str, Context]) -> None:
    assert [said(contexts[language], FEW) for language in words.LANGUAGES] == [
        "too few people with an offer: 1,234 of 30",
        "par maz cilvēku ar piedāvājumu: 1 234 no 30",
        "слишком мало людей с предложением: 1 234 из 30",
    ]
    assert (
        said(contexts["lv"], UNEVEN) == "svari pārāk nevienādi: 80 atbilstošas izlozes sver kā 7,2 vienādas, vajag 30"
    )
    overlap = Remark("no_overlap", "{share:.1%} below {floor:g}", share=0.25, floor=0.001)
    assert said(contexts["ru"], overlap) == "25,0 % выборов не разыгрывались никогда или почти никогда (ниже 0,001)"


def test_a_model_card_keeps_the_parts_as_they_are(contexts: dict[str, Context]) -> None:
    row = {"problem": str(FEW), "problem_parts": FEW.parts}
    assert remarks.said(contexts["en"], row) == "too few people with an offer: 1,234 of 30"
    assert remarks.said(contexts["en"], {"problem": None}) == ""


def test_what_an_earlier_release_wrote_stays_english_and_is_marked(contexts: dict[str, Context]) -> None:
    assert remarks.said(contexts["lv"], {"problem": "x < y"}) == '<span lang="en">x &lt; y</span>'


def test_every_remark_that_the_code_makes_has_words_and_no_word_is_left_over() -> None:
    files = [path for name in ("models", "outcomes") for path in Path(paths.ROOT, name).rglob("*.py")]
    made = {code for path in files for code in re.findall(r'Remark\(\s*"(\w+)"', path.read_text(encoding="utf-8"))}
    assert len(made) > 10
    assert set(texts()["words"]["remarks"]) == made
