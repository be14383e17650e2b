"""`offermill serve`, `offermill user ...` and `offermill audit verify`: the downloads portal."""

import sys
from functools import partial
from getpass import getpass
from importlib import import_module
from typing import Annotated

import typer

from offermill import console, settings
from offermill.cli_shared import DEFAULT_SHOP, JsonOption, ShopOption, plainly, show
from offermill.errors import ConfigError
from offermill.paths import ShopPaths

users = typer.Typer(no_args_is_help=True, help="Users of the downloads portal: add, remove, list.")
audit = typer.Typer(no_args_is_help=True, help="The portal's audit log.")

NameArgument = Annotated[str, typer.Argument(help="The user's name: lower-case letters, digits and ._@-.")]


def _password(name: str) -> str:
    """Ask twice on a terminal; otherwise read one line from standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    given = getpass(f"Password of {name}: ")
    if getpass("The same again: ") != given:
        raise ConfigError(f"{name}: the two passwords differ; nothing was written.")
    return given


@users.command()
@plainly
def add(
    name: NameArgument,
    role: Annotated[list[str], typer.Option(help="Role under portal.roles in shop.yml (may be repeated).")],
    replace: Annotated[bool, typer.Option("--replace", help="Give an existing user a new password and roles.")] = False,
    shop: ShopOption = DEFAULT_SHOP,
    as_json: JsonOption = False,
) -> None:
    """Add a user; the password is asked for, or read from standard input."""
    book, paths = import_module("portal.users"), ShopPaths(shop)
    chosen = settings.load(paths.settings).portal
    book.check_new(paths, chosen, name, tuple(role), replace=replace)
    book.add(paths, chosen, name, tuple(role), _password(name), replace=replace)
    show(as_json, {"user": name, "roles": role}, lambda: f"{name} may log in with the rights of {', '.join(role)}.")


@users.command()
@plainly
def remove(name: NameArgument, shop: ShopOption = DEFAULT_SHOP, as_json: JsonOption = False) -> None:
    """Remove a user; open sessions end with the next request."""
    import_module("portal.users").remove(ShopPaths(shop), name)
    show(as_json, {"removed": name}, lambda: f"{name} may no longer log in.")


@users.command(name="list")
@plainly
def list_users(shop: ShopOption = DEFAULT_SHOP, as_json: JsonOption = False) -> None:
    """List the users and their roles."""
    found = import_module("portal.users").read(ShopPaths(shop))
    listed = [{"user": user.name, "roles": list(user.roles)} for user in found.values()]
    lines = [f"{user.name}: {', '.join(user.roles)}" for user in found.values()]
    show(as_json, listed, lambda: "\n".join(lines) or "There are no users; add one with: offermill user add NAME")


@audit.command()
@plainly
def verify(shop: ShopOption = DEFAULT_SHOP, as_json: JsonOption = False) -> None:
    """Check that no line of the audit log was changed, removed or inserted."""
    end = import_module("portal.audit").verify(ShopPaths(shop))
    found = {"lines": end.number, "last_hash": end.digest}
    show(as_json, found, lambda: f"{end.number} lines, unbroken. Hash of the last: {end.digest}")


@plainly
def serve(
    shop: ShopOption = DEFAULT_SHOP,
    host: Annotated[
        str, typer.Option(help="Address to listen on; other machines need portal.public_url.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8800,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the work.")] = 1,
) -> None:
    """Serve the published lists to those who may have them (the downloads portal)."""
    say = partial(console.out.print, soft_wrap=True, highlight=False, markup=False)
    import_module("portal.server").serve(ShopPaths(shop), host, port, workers, say)
