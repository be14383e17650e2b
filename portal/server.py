"""`offermill serve`: the portal on a port of this machine."""

import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from offermill.errors import ConfigError, PublishError
from offermill.paths import ShopPaths
from portal import lists, oidc, users
from portal.app import make
from portal.state import Portal

_BEGINNING_SECONDS = 120
_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check(portal: Portal, host: str) -> None:
    rules, shop = portal.chosen.portal, portal.shop
    if not rules.roles:
        raise ConfigError(
            "shop.yml: portal.roles is missing: nobody has a right to any list. See how-to/serve-downloads."
        )
    if not lists.editions(shop):
        raise PublishError(f"{shop.exports}: nothing is published yet; run a night first: offermill run --date D.")
    if rules.oidc is None and not users.read(shop):
        role = next(iter(rules.roles))
        raise ConfigError(f"There are no users yet; add one: offermill user add NAME --role {role}")
    if rules.oidc is not None:
        oidc.secret_of(rules.oidc)
    if not _is_loopback(host) and rules.public_url is None:
        raise ConfigError(
            f"{host}: beyond this machine passwords need https; put a TLS proxy in front and write its address "
            "as portal.public_url in shop.yml."
        )


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen()
    except OSError as problem:
        opened.close()
        raise ConfigError(f"{host}:{port}: cannot be opened: {problem.strerror}; take another --port.") from None
    return opened


def _address(portal: Portal, host: str) -> tuple[str, ...]:
    """Return the names under which people may reach it."""
    url = portal.chosen.portal.public_url
    named = [urlsplit(url).hostname or ""] if url else []
    return (*_NAMES, host, *named)


def _portal(shop: ShopPaths, host: str) -> Portal:
    url = Portal.of(shop, is_secure=False).chosen.portal.public_url
    return Portal.of(shop, is_secure=bool(url and url.startswith("https:")) or not _is_loopback(host))


def application(folder: Path, host: str) -> FastAPI:
    """Return the application of one process."""
    portal = _portal(ShopPaths(folder), host)
    return make(portal, hosts=_address(portal, host))


def _run(config: uvicorn.Config, opened: socket.socket) -> None:
    if config.workers == 1:
        # uvicorn ends cleanly and then raises what ended it.
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[opened])
    else:
        Multiprocess(config, sockets=[opened]).run()


def serve(shop: ShopPaths, host: str, port: int, workers: int, say: Callable[[str], None]) -> None:
    """Serve with so many processes until Ctrl-C.

    Raises:
        ConfigError: no roles, no users, the port is taken, or no https address for other machines.
        PublishError: nothing is published.
    """
    portal = _portal(shop, host)
    _check(portal, host)
    opened = _bound(host, port)
    url = portal.chosen.portal.public_url
    config = uvicorn.Config(
        partial(application, shop.folder, host),
        factory=True,
        workers=workers,
        log_level="warning",
        server_header=False,
        proxy_headers=url is not None,
        timeout_graceful_shutdown=5,
        # On a busy machine a process takes a while to begin; one that is killed for that begins again, for ever.
        timeout_worker_healthcheck=_BEGINNING_SECONDS,
    )
    say(
        f"Offermill serves the lists of {portal.chosen.shop.name} at {url or f'http://{host}:{opened.getsockname()[1]}'}"
        f" ({len(lists.editions(shop))} editions, {len(users.read(shop))} users). Ctrl-C ends it."
    )
    _run(config, opened)
