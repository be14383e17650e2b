"""The portal inside another application that knows who asks, such as Airflow's UI."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from offermill.paths import ShopPaths
from portal import app, handing
from portal.state import Portal, Visitor


def make(shop: ShopPaths, get_user: Callable[..., Any]) -> FastAPI:
    """Return the portal without log-in of its own.

    Args:
        get_user: dependency that returns an object with `get_name()`, or refuses; its names get the roles of
            `portal.airflow_users` in shop.yml, and nobody else has any.
    """
    portal = Portal.of(shop, is_secure=False, has_login=False)

    def identify(request: Request, user: Annotated[Any, Depends(get_user)]) -> None:
        name = str(user.get_name())
        role = portal.chosen.portal.airflow_users.get(name)
        request.state.visitor = Visitor(name, (role,) if role else ())
        if role is None:
            raise handing.refuse(request, request.state.visitor, 403, "no role under portal.airflow_users")

    return app.make(portal, identify)
