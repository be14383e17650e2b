"""A night may be killed anywhere: run again, it publishes the bytes of an undisturbed night."""

import signal
from pathlib import Path

import pytest

from offermill import flows
from tests import nights
from tests.e2e import killing
from tests.nights import DAY, copy_of, digests, warm

pytestmark = pytest.mark.crash
STEPS = flows.nightly().steps
ADDRESSES = [step.address for step in STEPS]
MOMENTS: tuple[killing.Moment, ...] = ("before commit", "after commit")
EVERY = [(step.address, MOMENTS) for step in STEPS]
# Tables are all made by the same few lines: the fast suite kills every fifth, and every step in Python, at one moment.
OFTEN = [
    (step.address, (MOMENTS[place % 2],)) for place, step in enumerate(STEPS) if step.call is not None or place % 5 == 0
]
LAST = "publish.release"
KILLED = -signal.SIGKILL


@pytest.mark.parametrize(
    "killed", [pytest.param(OFTEN, id="many"), pytest.param(EVERY, id="every", marks=pytest.mark.every_step)]
)
def test_a_night_whose_steps_are_killed_and_cleared_ends_the_same(
    trained: Path, published: Path, tmp_path: Path, killed: list[tuple[str, tuple[killing.Moment, ...]]]
) -> None:
    """As Airflow does it: the killed task is cleared, performed again, and the night goes on."""
    shop = copy_of(trained, tmp_path / "shop")
    context = warm()
    for (first, moments), behind in zip(killed, _behind([first for first, _ in killed]), strict=True):
        for moment in moments:
            assert killing.outcome(context, killing.die_in_step, shop, DAY, first, moment) == KILLED, first
        assert killing.outcome(context, nights.perform_steps, shop, DAY, [first, *behind]) == 0, first

    assert digests(shop) == digests(published)


def _behind(killed: list[str]) -> list[list[str]]:
    """Return, for each step to kill, those between it and the next to kill."""
    places = [ADDRESSES.index(address) for address in killed]
    return [ADDRESSES[place + 1 : end] for place, end in zip(places, [*places[1:], len(ADDRESSES)], strict=True)]


def _kill_and_run_again(trained: Path, published: Path, folder: Path, address: str) -> None:
    shop = copy_of(trained, folder / "shop")
    context = warm()
    ended = killing.outcome(context, killing.perform_until_death, shop, DAY, address, "before commit")
    assert ended == KILLED
    if ADDRESSES.index(address) < ADDRESSES.index(LAST):
        assert digests(shop) == {}, "nothing may be published before the step that publishes"

    assert killing.outcome(context, nights.perform_flow, "nightly", shop, DAY) == 0
    assert digests(shop) == digests(published)


def test_a_night_killed_as_it_publishes_and_run_again_from_its_decisions_on_ends_the_same(
    staged: Path, published: Path, tmp_path: Path
) -> None:
    """Run again from the start, as after every other step, it is in the exhaustive form below."""
    shop = copy_of(staged, tmp_path / "shop")
    context = warm()
    assert killing.outcome(context, killing.die_in_step, shop, DAY, LAST, "before commit") == KILLED

    assert killing.outcome(context, nights.perform_steps, shop, DAY, nights.from_stage("offers")) == 0
    assert digests(shop) == digests(published)


@pytest.mark.every_step
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_night_killed_in_any_step_and_run_again_from_the_start_ends_the_same(
    trained: Path, published: Path, tmp_path: Path, address: str
) -> None:
    _kill_and_run_again(trained, published, tmp_path, address)
