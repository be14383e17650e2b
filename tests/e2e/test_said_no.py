"""Whoever says no at any step boundary of a real night is in no file that leaves afterwards, in five channels."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.whole_night_of_noes import SENDING, Night, No, Told, prepare
from tests.nights import copy_of
from tests.offers.delivery.inbox import Inbox

NIGHTS = 3
BOUNDARIES = SENDING + 1
# Of those told so many say nothing.
AGREEING = 20


def spoken(refusing: Sequence[Told], turn: int) -> list[list[tuple[Told, No]]]:
    """Return by boundary who says no there, and how: each night everybody at another boundary, in another way."""
    found: list[list[tuple[Told, No]]] = [[] for _ in range(BOUNDARIES)]
    for place, one in enumerate(refusing):
        ways = one.noes
        found[(place + 31 * turn) % BOUNDARIES].append((one, ways[(place // 7 + turn) % len(ways)]))
    return found


@pytest.mark.every_step
def test_1000_noes_at_every_boundary_of_real_nights_reach_nobody(trained: Path, tmp_path: Path) -> None:
    scored, sent = copy_of(trained, tmp_path / "scored"), tmp_path / "sent"
    with Inbox.serve() as inbox:
        prepare(scored, inbox, sent)
        night = Night(scored, tmp_path / "shop", inbox, sent)
        night.perform({})
        people, arrived = night.told(), night.arrived()
        everybody = {one.customer_id for one in people}
        assert arrived.keys() == {"crm", "braze", "ads", "tills", "stores"}
        assert everybody <= arrived["braze"] & arrived["tills"], "these name whom the CRM's file names"
        assert any(one.traces & arrived["ads"] for one in people)
        refusing = people[:-AGREEING]
        assert len(refusing) * NIGHTS >= 1000

        for turn in range(NIGHTS):
            said = spoken(refusing, turn)
            night.perform({number: [way for _, way in those] for number, those in enumerate(said)})
            arrived = night.arrived()
            for number, those in enumerate(said):
                assert len(those) >= 3
                blocks = [block for block in arrived if number != SENDING or block != "crm"]
                for one, way in those:
                    assert not [block for block in blocks if one.traces & arrived[block]], (turn, number, way, one)
            agreeing = everybody - night.near(refusing)
            assert len(agreeing) >= AGREEING / 2
            assert agreeing <= arrived["crm"] & arrived["braze"] & arrived["tills"]
