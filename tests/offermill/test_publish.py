"""A publication appears whole or not at all, never changes, and after a kill anywhere a re-run gives the same bytes."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from offermill import datapackage, durable, publish
from offermill.errors import PublishError
from offermill.run import Run
from offermill.warehouse import Warehouse
from tests.literal_night import DAY, make_run

Tree = dict[str, bytes]


def tree(folder: Path) -> Tree:
    """Return every file by path; what is left of an interrupted write begins with a dot and is not public."""
    found = {path.relative_to(folder).as_posix(): path for path in durable.files(folder)}
    return {
        name: path.read_bytes() for name, path in found.items() if not any(p.startswith(".") for p in name.split("/"))
    }


def stage(run: Run, text: str = "a,b\n1,2\n", *, page: str = "<p>page</p>", input_hash: str = "i" * 64) -> None:
    """Stage a list, a page and a script, as the night's steps do."""
    exports = publish.staging(run, "exports")
    durable.write(exports / "list.csv", text.encode())
    facts = {
        "edition": publish.edition(run),
        "business_date": run.business_date.isoformat(),
        "run_id": run.run_id,
        "config_hash": run.config_hash,
        "input_hash": input_hash,
    }
    resource = datapackage.Resource("list.csv", "A list", 1, (("a", "integer", "A."), ("b", "integer", "B.")))
    datapackage.write(exports, "test", "Test", [resource], facts)
    durable.write(publish.staging(run, "site") / "index.html", page.encode())
    durable.write(publish.staging(run, "assets") / "chart-1.js", b"draw()")


def release(run: Run) -> dict[str, object]:
    with Warehouse.open() as warehouse:
        return publish.release(warehouse, run)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path / "shop")


def test_a_release_shows_lists_pages_and_pointers_and_leaves_no_staging(run: Run) -> None:
    stage(run)
    assert release(run) == {"edition": "2026-06-30", "result": "published"}
    assert sorted(tree(run.shop.folder)) == [
        "exports/2026-06-30/datapackage.json",
        "exports/2026-06-30/list.csv",
        "exports/latest.json",
        "shop.yml",
        "site/2026-06-30/index.html",
        "site/assets/chart-1.js",
        "site/index.html",
    ]
    package = run.shop.exports / "2026-06-30" / "datapackage.json"
    assert json.loads((run.shop.exports / "latest.json").read_text()) == {
        "edition": "2026-06-30",
        "business_date": "2026-06-30",
        "run_id": run.run_id,
        "datapackage": "2026-06-30/datapackage.json",
        "datapackage_sha256": datapackage.sha256(package),
    }


def test_the_same_night_again_is_identical_and_touches_nothing(run: Run) -> None:
    stage(run)
    release(run)
    before = {path: path.stat().st_mtime_ns for path in durable.files(run.shop.folder)}
    stage(run)
    assert release(run) == {"edition": "2026-06-30", "result": "identical"}
    assert release(run) == {"edition": "2026-06-30", "result": "identical"}
    assert {path: path.stat().st_mtime_ns for path in durable.files(run.shop.folder)} == before


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"input_hash": "j" * 64}, "the inputs changed (iiiiiiiiiiii -> jjjjjjjjjjjj)"),
        ({}, "settings and inputs are the same, so the program or what it remembers changed"),
    ],
)
def test_other_lists_for_a_published_date_are_refused(run: Run, changed: dict[str, str], cause: str) -> None:
    stage(run)
    release(run)
    before = tree(run.shop.exports), tree(run.shop.site)
    stage(run, "a,b\n1,3\n", **changed)
    with pytest.raises(PublishError) as refusal:
        release(run)
    assert str(refusal.value) == (
        f"exports/2026-06-30 is already published and tonight's files differ: datapackage.json, list.csv; {cause}. "
        "A published night never changes: undo the change, or run again with --new-version to publish a correction "
        "beside it."
    )
    assert (tree(run.shop.exports), tree(run.shop.site)) == before


def test_changed_settings_are_named_in_the_refusal(run: Run) -> None:
    stage(run)
    release(run)
    later = make_run(run.shop.folder, settings=run.shop.settings.read_text() + "gates: {reject_rate_max: 0.5}\n")
    stage(later)
    cause = rf"the settings or the catalogue changed \({run.config_hash[:12]} -> {later.config_hash[:12]}\)"
    with pytest.raises(PublishError, match=cause):
        release(later)


def test_other_pages_for_a_published_date_are_refused_before_anything_moves(run: Run) -> None:
    stage(run)
    release(run)
    stage(run, page="<p>other</p>")
    with pytest.raises(PublishError, match=r"^site/2026-06-30 is already published .* differ: index\.html; "):
        release(run)


def test_many_differing_files_are_counted() -> None:
    names = publish.differing({"a": "1", "b": "1", "c": "1", "same": "1"}, {"a": "2", "d": "1", "e": "1", "same": "1"})
    assert names == ["a", "b", "c", "d", "e"]
    assert publish._listed(names) == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "list.csv").unlink(), "list.csv is missing"),
        (lambda f: (f / "list.csv").write_bytes(b"short"), "list.csv has 5 bytes, the manifest says 8"),
        (lambda f: (f / "list.csv").write_bytes(b"a,b\n1,9\n"), "list.csv has another SHA-256 than the manifest says"),
        (lambda f: (f / "more.csv").write_bytes(b""), "more.csv is not in the manifest"),
    ],
)
def test_files_that_do_not_match_their_manifest_are_not_published(run: Run, damage, said: str) -> None:
    stage(run)
    damage(publish.folder(run) / "exports")
    with pytest.raises(PublishError) as refusal:
        release(run)
    assert str(refusal.value) == f"exports: {said}. Nothing was published; run the night again."
    assert not run.shop.exports.exists()


def test_a_release_without_anything_staged_says_what_to_do(run: Run) -> None:
    with pytest.raises(PublishError) as refusal:
        release(run)
    expected = "2026-06-30: nothing is ready to publish; run the steps publish.exports and publish.site first."
    assert str(refusal.value) == expected


def test_a_backfilled_older_night_is_published_but_does_not_become_the_latest(run: Run) -> None:
    stage(run)
    release(run)
    older = make_run(run.shop.folder, date(2026, 6, 28))
    stage(older)
    assert release(older) == {"edition": "2026-06-28", "result": "published"}
    assert json.loads((run.shop.exports / "latest.json").read_text())["edition"] == "2026-06-30"
    front = (run.shop.site / "index.html").read_text()
    assert front.index("2026-06-30/index.html") < front.index("2026-06-28/index.html")


def test_a_new_version_stands_beside_the_old_one(run: Run) -> None:
    stage(run)
    release(run)
    old = tree(run.shop.exports / "2026-06-30")
    corrected = make_run(run.shop.folder, new_version=True)
    stage(corrected, "a,b\n7,8\n")
    assert release(corrected) == {"edition": "2026-06-30.v2", "result": "published"}
    assert tree(run.shop.exports / "2026-06-30") == old
    assert json.loads((run.shop.exports / "latest.json").read_text())["edition"] == "2026-06-30.v2"
    again = make_run(run.shop.folder)
    stage(again, "a,b\n7,8\n")
    assert release(again) == {"edition": "2026-06-30.v2", "result": "identical"}


def test_versions_sort_by_number() -> None:
    assert publish.edition_name(DAY, 1) == "2026-06-30"
    assert publish.version_of("2026-06-30.v12") == 12
    with pytest.raises(PublishError, match=r"^latest\.json: is no edition such as 2026-06-30 or 2026-06-30\.v2\.$"):
        publish.version_of("latest.json")


def test_the_tenth_version_is_newer_than_the_ninth(tmp_path: Path) -> None:
    for name in ("2026-06-30", "2026-06-30.v10", "2026-06-30.v9", ".2026-07-01.partial", "notes"):
        (tmp_path / name).mkdir()
    assert publish.editions(tmp_path) == ["2026-06-30", "2026-06-30.v9", "2026-06-30.v10"]
    assert publish.newest_version(tmp_path, DAY) == 10


class Killed(BaseException):
    """Stands for a SIGKILL: no handler in the product catches it."""


def _night(run: Run) -> None:
    stage(run)
    release(run)


def operations(run: Run, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the file operations of an undisturbed night."""
    seen: list[str] = []
    monkeypatch.setattr(durable, "step", lambda operation, path: seen.append(f"{operation} {path.name}"))
    _night(run)
    return seen


def kill_before(number: int) -> Iterator[None]:
    for _ in range(number):
        yield
    raise Killed


def _check_what_people_see(run: Run, standing: Tree) -> None:
    """Whatever stood before still stands, and the pointer, if there is one, points to a whole publication."""
    shown = tree(run.shop.folder)
    moving = ("state", "site/index", "exports/latest")
    assert {name: shown.get(name) for name in standing if not name.startswith(moving)}.items() <= standing.items()
    pointer = run.shop.exports / "latest.json"
    if pointer.exists():
        datapackage.verify(run.shop.exports / json.loads(pointer.read_text())["edition"])


@pytest.mark.parametrize("earlier", [False, True], ids=["first night", "with an earlier night"])
def test_killed_before_any_file_operation_a_rerun_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    def shop(name: str) -> Run:
        if earlier:
            _night(make_run(tmp_path / name, date(2026, 6, 29)))
        return make_run(tmp_path / name)

    undisturbed = shop("undisturbed")
    standing = tree(undisturbed.shop.folder)
    done = operations(undisturbed, monkeypatch)
    assert len(done) >= 18
    for number in range(len(done)):
        monkeypatch.setattr(durable, "step", lambda *_: None)
        run = shop(f"killed-{number}")
        steps = kill_before(number)
        monkeypatch.setattr(durable, "step", lambda *_, steps=steps: next(steps))
        with pytest.raises(Killed):
            _night(run)
        _check_what_people_see(run, standing)
        monkeypatch.setattr(durable, "step", lambda *_: None)
        _night(run)
        assert tree(run.shop.folder) == tree(undisturbed.shop.folder), f"killed before {done[number]}"


def test_a_release_retried_alone_after_a_kill_finishes_or_confirms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = make_run(tmp_path / "undisturbed")
    stage(undisturbed)
    seen: list[str] = []
    monkeypatch.setattr(durable, "step", lambda operation, path: seen.append(f"{operation} {path.name}"))
    release(undisturbed)
    for number in range(len(seen)):
        monkeypatch.setattr(durable, "step", lambda *_: None)
        run = make_run(tmp_path / f"killed-{number}")
        stage(run)
        steps = kill_before(number)
        monkeypatch.setattr(durable, "step", lambda *_, steps=steps: next(steps))
        with pytest.raises(Killed):
            release(run)
        monkeypatch.setattr(durable, "step", lambda *_: None)
        release(run)
        public = {part: tree(run.shop.folder / part) for part in ("exports", "site")}
        assert public == {part: tree(undisturbed.shop.folder / part) for part in ("exports", "site")}, seen[number]


def test_a_kill_inside_the_last_clean_up_leaves_a_publication_that_a_retry_confirms(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_removed(folder: Path) -> None:
        next(folder.rglob("datapackage.json")).unlink()
        raise Killed

    stage(run)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", half_removed)
        with pytest.raises(Killed):
            release(run)
    assert release(run) == {"edition": "2026-06-30", "result": "identical"}
    _night(run)
    assert [path.name for path in (run.shop.state / "publish").iterdir()] == []


@pytest.mark.crash
@pytest.mark.parametrize(
    "operation", ["copy list.csv", "rename 2026-06-30", "replace index.html", "replace latest.json"]
)
def test_a_real_sigkill_is_survived(tmp_path: Path, operation: str) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from offermill import durable\n"
        "from tests.literal_night import make_run\n"
        "from tests.offermill.test_publish import _night\n"
        "def step(operation, path):\n"
        f"    if f'{{operation}} {{path.name}}' == {operation!r}: os.kill(os.getpid(), signal.SIGKILL)\n"
        "durable.step = step\n"
        "_night(make_run(Path(sys.argv[1])))\n"
    )
    shop = tmp_path / "shop"
    ended = subprocess.run([sys.executable, "-c", code, str(shop)], cwd=Path(__file__).parents[2], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not (shop / "exports" / "latest.json").exists()
    _night(make_run(shop))
    _night(make_run(tmp_path / "undisturbed"))
    assert tree(shop) == tree(tmp_path / "undisturbed")
