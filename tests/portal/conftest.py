"""One portal for all tests: the publication written by hand, a user per role, a quick hash of passwords."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from offermill import settings
from portal import app as application
from portal import users
from portal.state import Portal
from tests.portal import publication
from tests.portal.visits import Visitor, as_user, running

NOW = datetime(2026, 7, 1, 8, 30)


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def unforced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk take its time: every event is forced to it, which is most of what a refusal costs.

    That events are forced is tested in test_audit.py.
    """
    monkeypatch.setattr("os.fsync", lambda handle: None)


@pytest.fixture(scope="session")
def quick() -> Iterator[None]:
    """Hash passwords with little memory: a test of the real parameters stands in test_users.py."""
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(users, "_HASHER", hasher)
        patch.setattr(users, "_NOBODY", hasher.hash("nobody has this password"))
        yield


@pytest.fixture(scope="session")
def portal(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """Return the portal's state; its clock stands."""
    shop = publication.make(tmp_path_factory.mktemp("portal") / "shop")
    roles = settings.load(shop.settings).portal.roles
    for role in roles:
        publication.add_user(shop, role, role)
    publication.add_user(shop, "both", "auditor", "brand-lego")
    return Portal.of(shop, is_secure=False, clock=Clock())


@pytest.fixture(scope="session")
def port(portal: Portal) -> Iterator[int]:
    """Return the port on which it is served."""
    with running(application.make(portal)) as port:
        yield port


@pytest.fixture
def visit(portal: Portal, port: int) -> Callable[[str], Visitor]:
    """Return how to visit as a user."""
    return lambda name: as_user(portal, port, name)


@pytest.fixture
def stranger(port: int) -> Visitor:
    """Return somebody who has not logged in."""
    return Visitor(port)


@pytest.fixture
def fresh(quick: None, tmp_path: Path) -> Iterator[tuple[Portal, Visitor]]:
    """Return a portal of one's own, to spoil, with the user anna (marketer), and a stranger at its door."""
    shop = publication.make(tmp_path / "shop")
    publication.add_user(shop, "anna", "marketer")
    portal = Portal.of(shop, is_secure=False, clock=Clock())
    with running(application.make(portal)) as port:
        yield portal, Visitor(port)
