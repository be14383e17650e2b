"""Who may log in: `<shop>/portal/users.json`, names with their roles and argon2 hashes of their passwords."""

import json
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from offermill.errors import ConfigError
from offermill.paths import ShopPaths
from offermill.settings_portal import PortalSettings
from offermill.yamlfile import nearest
from portal import place

FILE = "users.json"
PASSWORD_CHARACTERS = (12, 1024)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,79}")
_HASHER = PasswordHasher()
# One check takes 64 MiB for a moment; more than this at once wait.
CHECKS = BoundedSemaphore(2)
# Checked for users that are not there, so that they take as long as those that are.
_NOBODY = _HASHER.hash("nobody has this password")


@dataclass(frozen=True)
class User:
    """Somebody who may log in.

    Attributes:
        name: lower-case letters, digits and `._@-`.
        roles: names of roles in shop.yml.
        password: argon2 hash.
    """

    name: str
    roles: tuple[str, ...]
    password: str

    @property
    def stamp(self) -> str:
        """Return what changes with the password and the roles: a session of before is over."""
        return sha256(f"{self.password}\0{','.join(self.roles)}".encode()).hexdigest()[:16]


def read(shop: ShopPaths) -> dict[str, User]:
    """Return the users by name; none when no user was ever added."""
    path = shop.folder / "portal" / FILE
    if not path.is_file():
        return {}
    listed = json.loads(path.read_text(encoding="utf-8"))
    return {one["name"]: User(one["name"], tuple(one["roles"]), one["password"]) for one in listed}


def _write(shop: ShopPaths, users: dict[str, User]) -> None:
    ordered = [asdict(users[name]) for name in sorted(users)]
    place.write_private(place.folder(shop) / FILE, (json.dumps(ordered, indent=2) + "\n").encode())


def _check_password(name: str, password: str) -> None:
    least, most = PASSWORD_CHARACTERS
    if not least <= len(password) <= most:
        raise ConfigError(f"{name}: the password has {len(password)} characters; take {least} to {most}.")
    if name in password.lower():
        raise ConfigError(f"{name}: the password holds the user's name; take another.")


def _check_roles(chosen: PortalSettings, roles: tuple[str, ...]) -> None:
    for role in roles:
        if role not in chosen.roles:
            there = ", ".join(sorted(chosen.roles)) or "none; write some under portal.roles in shop.yml"
            raise ConfigError(f"{role}: no such role.{nearest(role, chosen.roles)} There are: {there}.")


def check_new(shop: ShopPaths, chosen: PortalSettings, name: str, roles: tuple[str, ...], *, replace: bool) -> None:
    """Refuse a user that cannot be added, before anybody is asked for a password.

    Raises:
        ConfigError: the name or a role cannot be, or the user is there already.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r}: a user's name has lower-case letters, digits and ._@- (80 at most).")
    _check_roles(chosen, roles)
    if name in read(shop) and not replace:
        raise ConfigError(f"{name}: there is such a user; give --replace to set a new password and new roles.")


def add(
    shop: ShopPaths, chosen: PortalSettings, name: str, roles: tuple[str, ...], password: str, *, replace: bool = False
) -> None:
    """Add a user, or replace one; open sessions of a replaced user end.

    Raises:
        ConfigError: see `check_new`; or the password is too short, too long, or holds the name.
    """
    check_new(shop, chosen, name, roles, replace=replace)
    _check_password(name, password)
    _write(shop, {**read(shop), name: User(name, roles, _HASHER.hash(password))})


def remove(shop: ShopPaths, name: str) -> None:
    """Remove a user; their sessions end with the next request.

    Raises:
        ConfigError: there is no such user.
    """
    users = read(shop)
    if name not in users:
        raise ConfigError(f"{name}: no such user.{nearest(name, users)}")
    _write(shop, {other: user for other, user in users.items() if other != name})


def authenticated(shop: ShopPaths, name: str, password: str) -> User | None:
    """Return the user when name and password are right; takes as long for unknown users. Hold CHECKS meanwhile."""
    user = read(shop).get(name)
    try:
        _HASHER.verify(user.password if user else _NOBODY, password[: PASSWORD_CHARACTERS[1]])
    except (VerificationError, InvalidHashError):
        return None
    return user
