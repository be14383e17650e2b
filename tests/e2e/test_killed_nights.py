"""A night may be killed anywhere: run again, it publishes the bytes of an undisturbed night."""

import signal
from pathlib import Path

import pytest

from offermill import flows
from tests.e2e import killing
from tests.nights import DAY, copy_of, digests, warm

pytestmark = pytest.mark.crash
ADDRESSES = [step.address for step in flows.nightly().steps]
# A whole night again from the start costs half a minute: the fast suite takes two, `make test-crash` every step.
SAMPLE = ["offers.decision", "publish.release"]
KILLED = -signal.SIGKILL


def test_a_night_whose_every_step_is_killed_twice_and_cleared_ends_the_same(
    trained: Path, published: Path, tmp_path: Path
) -> None:
    """As Airflow does it: the killed task is cleared, performed again, and the night goes on."""
    shop = copy_of(trained, tmp_path / "shop")
    context = warm()
    for address in ADDRESSES:
        for moment in ("before commit", "after commit"):
            assert killing.outcome(context, killing.die_in_step, shop, DAY, address, moment) == KILLED, address
        assert killing.outcome(context, killing.perform_step, shop, DAY, address) == 0, address

    assert digests(shop) == digests(published)


def _kill_and_run_again(trained: Path, published: Path, folder: Path, address: str) -> None:
    shop = copy_of(trained, folder / "shop")
    context = warm()
    ended = killing.outcome(context, killing.perform_until_death, shop, DAY, address, "before commit")
    assert ended == KILLED
    if address != ADDRESSES[-1]:
        assert digests(shop) == {}, "nothing may be published before the last step"

    assert killing.outcome(context, killing.perform_night, shop, DAY) == 0
    assert digests(shop) == digests(published)


@pytest.mark.parametrize("address", SAMPLE)
def test_a_night_killed_in_a_step_and_run_again_from_the_start_ends_the_same(
    trained: Path, published: Path, tmp_path: Path, address: str
) -> None:
    _kill_and_run_again(trained, published, tmp_path, address)


@pytest.mark.every_step
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_night_killed_in_any_step_and_run_again_from_the_start_ends_the_same(
    trained: Path, published: Path, tmp_path: Path, address: str
) -> None:
    _kill_and_run_again(trained, published, tmp_path, address)
