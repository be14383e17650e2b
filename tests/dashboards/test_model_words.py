"""Why a model was passed over or has no evidence: every sentence of the store and of the evidence has words."""

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from dashboards import model_words, site
from dashboards.context import Context
from dashboards.data_words import passed_over, verdict
from models import evidence, registry
from offermill.errors import ModelError
from tests import literal_night

DAY = date(2026, 6, 30)
OTHERS = ("lv", "ru")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Context]:
    run = literal_night.make_run(Path(tmp_path_factory.mktemp("words")) / "shop")
    return {language: site.context(run, {}, language) for language in ("en", *OTHERS)}


def sealed(body: dict[str, object]) -> str:
    """Return a model's file with the digest that it states."""
    digest = hashlib.sha256(registry.canonical(body)).hexdigest()
    return json.dumps(body | {"sha256": digest})


CARD = {"bytes": 2, "sha256": hashlib.sha256(b"{}").hexdigest()}
BODY = {"format": registry.FORMAT, "name": "value", "trained_on": DAY.isoformat(), "verdict": "accepted",
        "features": {"gone": "double"}, "settings": {}, "files": {registry.CARD_FILE: CARD}}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("missing", {}),
        ("pickle", {registry.MODEL_FILE: "PK\x03\x04"}),
        ("cut_off", {registry.MODEL_FILE: "{"}),
        ("edited", {registry.MODEL_FILE: '{"sha256": "0"}'}),
        ("other", {registry.MODEL_FILE: sealed(BODY | {"name": "uplift"})}),
        ("size", {registry.MODEL_FILE: sealed(BODY), registry.CARD_FILE: "{ }"}),
        ("edited", {registry.MODEL_FILE: sealed(BODY), registry.CARD_FILE: "[]"}),
        ("features", {registry.MODEL_FILE: sealed(BODY), registry.CARD_FILE: "{}"}),
    ],
)
def test_why_a_model_was_passed_over(
    pages: dict[str, Context], tmp_path: Path, code: str, files: dict[str, str]
) -> None:
    folder = tmp_path / "value" / DAY.isoformat()
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content)
    with pytest.raises(ModelError) as problem:
        registry.load(tmp_path, "value", DAY, {"there": "double"})
    english = str(problem.value)
    assert code in [name for name, pattern in model_words.PROBLEMS.items() if pattern.search(english)]
    assert passed_over(pages["en"], english) == english
    for language in OTHERS:
        said = str(passed_over(pages[language], english))
        assert said.startswith("models/value/2026-06-30/"), said
        assert "lang=" not in said
        assert "{" not in said


def test_a_sentence_that_nobody_translated_is_marked_as_english(pages: dict[str, Context]) -> None:
    assert passed_over(pages["lv"], "a <new> problem.") == '<span lang="en">a &lt;new&gt; problem.</span>'


@pytest.mark.parametrize(
    ("rows", "latvian"),
    [
        ({"control": 12, "five": 900}, "Kontroles grupā ir 12 cilvēku, vajag vismaz 200."),
        ({"control": 900, "five": 7}, "Nevienā piedāvājuma grupā nav 200 cilvēku (lielākajā ir 7)."),
    ],
)
def test_a_verdict_without_evidence_tells_its_figures(
    pages: dict[str, Context], rows: dict[str, int], latvian: str
) -> None:
    with pytest.raises(evidence.NoEvidence) as problem:
        evidence.arms_with_evidence(rows, ["five"], 0.4)
    card = {"verdict": {"status": "none", "message": str(problem.value)}}
    said = str(verdict(pages["lv"], "uplift", card))
    assert latvian in said
    assert f"Ja pērk 40 % klientu, {pages['lv'].formats.number(evidence.rows_per_arm(0.4))} cilvēku grupa" in said
    assert "Если покупают 40 % клиентов" in str(verdict(pages["ru"], "uplift", card))
