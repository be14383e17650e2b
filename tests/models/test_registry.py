"""A stored model comes back only if every byte of it is as it was written."""

import json
import pickle
from datetime import date
from pathlib import Path

import pytest

from models import registry
from offermill.errors import ModelError

DAY = date(2026, 6, 30)
FEATURES = {"order_count": "bigint", "gap_days_mean": "double"}
TEXT = "tree\nversion=v4\n" + "leaf_value=0.25 -0.5\n" * 40


def save(root: Path, day: date = DAY, **changes: object) -> str:
    content = {
        "verdict": "accepted",
        "features": FEATURES,
        "parts": {"model.txt": TEXT},
        "settings": {"scale": 1.5},
        "card": {"verdict": {"status": "accepted", "message": "Good."}},
    }
    return registry.save(root, "propensity", day, **(content | changes))  # type: ignore[arg-type]


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    model_id = save(tmp_path)
    assert registry.load(tmp_path, "propensity", DAY, FEATURES) == registry.StoredModel(
        name="propensity",
        trained_on=DAY,
        verdict="accepted",
        features=FEATURES,
        parts={"model.txt": TEXT},
        settings={"scale": 1.5},
        card={"verdict": {"status": "accepted", "message": "Good."}},
        model_id=model_id,
    )


def test_the_folder_holds_texts_and_json_only(tmp_path: Path) -> None:
    save(tmp_path)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == [f"propensity/2026-06-30/{name}" for name in ("card.json", "model.json", "model.txt")]


def test_the_same_content_gives_the_same_id_and_leaves_the_folder_alone(tmp_path: Path) -> None:
    first = save(tmp_path)
    written = (tmp_path / "propensity/2026-06-30").stat()
    assert save(tmp_path) == first
    assert (tmp_path / "propensity/2026-06-30").stat().st_ino == written.st_ino


def test_other_content_of_the_same_date_replaces_the_folder(tmp_path: Path) -> None:
    first = save(tmp_path)
    second = save(tmp_path, settings={"scale": 2.0})
    assert first != second
    assert registry.load(tmp_path, "propensity", DAY).model_id == second
    assert [path.name for path in (tmp_path / "propensity").iterdir()] == ["2026-06-30"]


@pytest.mark.parametrize("left_over", [".2026-06-30.new", ".2026-06-30.old"])
def test_what_a_killed_training_left_behind_is_no_model_and_goes_away(tmp_path: Path, left_over: str) -> None:
    (tmp_path / "propensity" / left_over).mkdir(parents=True)
    (tmp_path / "propensity" / left_over / "model.txt").write_text("half a mod")
    assert registry.newest(tmp_path, "propensity", DAY) == registry.Found(None, ())
    save(tmp_path)
    save(tmp_path, settings={"scale": 2.0})
    assert [path.name for path in (tmp_path / "propensity").iterdir()] == ["2026-06-30"]


@pytest.mark.parametrize("name", ["model.txt", "model.json", "card.json"])
def test_no_cut_off_file_is_loaded(tmp_path: Path, name: str) -> None:
    save(tmp_path)
    path = tmp_path / "propensity/2026-06-30" / name
    whole = path.read_bytes()
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match="was not loaded; train again, or restore its folder"):
            registry.load(tmp_path, "propensity", DAY)


@pytest.mark.parametrize("name", ["model.txt", "model.json", "card.json"])
def test_no_edited_file_is_loaded(tmp_path: Path, name: str) -> None:
    save(tmp_path)
    path = tmp_path / "propensity/2026-06-30" / name
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ModelError, match="was not loaded"):
            registry.load(tmp_path, "propensity", DAY)


def test_a_cut_off_text_is_named_with_both_sizes(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / "propensity/2026-06-30/model.txt").write_text(TEXT[:100])
    with pytest.raises(ModelError) as refused:
        registry.load(tmp_path, "propensity", DAY)
    assert str(refused.value) == (
        f"models/propensity/2026-06-30/model.txt: 100 bytes, expected {len(TEXT)}; the file was cut off or edited. "
        "The model was not loaded; train again, or restore its folder."
    )


def test_an_edited_calibration_is_noticed(tmp_path: Path) -> None:
    save(tmp_path)
    path = tmp_path / "propensity/2026-06-30/model.json"
    path.write_text(path.read_text().replace("1.5", "9.5"))
    with pytest.raises(ModelError, match=r"does not have the SHA-256 it states; it was edited"):
        registry.load(tmp_path, "propensity", DAY)


class Trap:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["model.txt", "model.json"])
def test_a_renamed_pickle_is_never_loaded(tmp_path: Path, name: str) -> None:
    save(tmp_path)
    trapped = tmp_path / "trapped"
    (tmp_path / "propensity/2026-06-30" / name).write_bytes(pickle.dumps(Trap(trapped)))
    with pytest.raises(ModelError, match="this is a pickle or an archive, not a text; pickles are never loaded"):
        registry.load(tmp_path, "propensity", DAY)
    assert not trapped.exists()


def test_a_model_of_other_features_is_refused_by_name(tmp_path: Path) -> None:
    save(tmp_path)
    with pytest.raises(ModelError) as refused:
        registry.load(tmp_path, "propensity", DAY, {"order_count": "integer", "gap_days_mean": "double"})
    assert str(refused.value) == (
        "models/propensity/2026-06-30/model.json: trained on other features: 1 of 2 differ; first: order_count was "
        "bigint, is integer. The model was not loaded; train again, or restore its folder."
    )


def test_a_missing_feature_is_refused_and_a_further_one_is_no_matter(tmp_path: Path) -> None:
    save(tmp_path)
    with pytest.raises(ModelError, match="first: gap_days_mean was double, is missing"):
        registry.load(tmp_path, "propensity", DAY, {"order_count": "bigint"})
    assert registry.load(tmp_path, "propensity", DAY, {"new": "bigint", **FEATURES}).features == FEATURES


def test_a_folder_under_another_date_is_refused(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / "propensity/2026-06-30").rename(tmp_path / "propensity/2026-07-07")
    with pytest.raises(ModelError, match="it states format 6, propensity of 2026-06-30, expected format 6"):
        registry.load(tmp_path, "propensity", date(2026, 7, 7))


def test_a_model_of_an_older_version_is_passed_over_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FORMAT", 2)
    save(tmp_path)
    monkeypatch.undo()

    found = registry.newest_accepted(tmp_path, "propensity", DAY, FEATURES)

    assert found.usable is None
    assert found.problems == (
        "models/propensity/2026-06-30/model.json: it states format 2, propensity of 2026-06-30, expected format 6, "
        "propensity of 2026-06-30. The model was not loaded; train again, or restore its folder.",
    )


def test_a_night_uses_the_newest_model_of_its_past(tmp_path: Path) -> None:
    days = [date(2026, 6, 9), date(2026, 6, 16), date(2026, 6, 30)]
    for day in days:
        save(tmp_path, day)
    found = [registry.newest(tmp_path, "propensity", date(2026, 6, day)).model for day in (8, 9, 29, 30)]
    assert [model and model.trained_on for model in found] == [None, days[0], days[1], days[2]]


def test_the_last_good_model_is_used_and_the_damaged_one_named(tmp_path: Path) -> None:
    save(tmp_path, date(2026, 6, 23))
    save(tmp_path)
    (tmp_path / "propensity/2026-06-30/model.txt").unlink()
    found = registry.newest(tmp_path, "propensity", DAY, FEATURES)
    assert found.usable is not None
    assert found.usable.trained_on == date(2026, 6, 23)
    assert found.problems == (
        "models/propensity/2026-06-30/model.txt: there is no such file. The model was not loaded; train again, or "
        "restore its folder.",
    )


def test_a_refused_model_is_found_but_not_usable(tmp_path: Path) -> None:
    save(tmp_path, date(2026, 6, 23))
    save(tmp_path, verdict="refused")
    found = registry.newest(tmp_path, "propensity", DAY)
    assert found.model is not None
    assert (found.model.verdict, found.usable) == ("refused", None)


def test_a_file_name_that_leads_elsewhere_stays_in_the_folder(tmp_path: Path) -> None:
    save(tmp_path)
    path = tmp_path / "propensity/2026-06-30/model.json"
    body = json.loads(path.read_text())
    body["files"]["../../../secret"] = {"bytes": 3, "sha256": "0" * 64}
    del body["sha256"]
    import hashlib

    body["sha256"] = hashlib.sha256(registry.canonical(body)).hexdigest()
    path.write_bytes(registry.canonical(body))
    (tmp_path.parent / "secret").write_text("key")
    with pytest.raises(ModelError, match="models/propensity/2026-06-30/secret: there is no such file"):
        registry.load(tmp_path, "propensity", DAY)


def test_the_signature_depends_on_names_types_and_order() -> None:
    signatures = {
        registry.signature(features)
        for features in ({"a": "bigint", "b": "double"}, {"b": "double", "a": "bigint"}, {"a": "double", "b": "double"})
    }
    assert len(signatures) == 3


def test_a_refused_model_leaves_the_one_before_it_in_use(tmp_path: Path) -> None:
    before, later = date(2026, 6, 9), date(2026, 6, 16)
    save(tmp_path, before)
    refused = {"verdict": "refused", "features": {}, "parts": {}, "settings": {}}
    save(tmp_path, later, **refused)
    save(tmp_path, DAY, **refused)
    found = registry.newest_accepted(tmp_path, "propensity", DAY)
    assert found.usable is not None
    assert found.usable.trained_on == before
    # Before the first accepted one there is only a refused one, which says why.
    none = registry.newest_accepted(tmp_path / "none", "propensity", DAY)
    assert (none.model, none.usable) == (None, None)
    (tmp_path / "propensity" / before.isoformat() / "model.json").write_text("{}")
    found = registry.newest_accepted(tmp_path, "propensity", DAY)
    assert found.usable is None
    assert found.model is not None
    assert (found.model.trained_on, len(found.problems)) == (DAY, 1)
