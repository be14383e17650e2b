"""Airflow's UI shows the downloads portal under /offermill, to the Airflow users whom shop.yml gives a role.

Set AIRFLOW__CORE__PLUGINS_FOLDER to this folder and OFFERMILL_SHOP to the shop's. Every part of Airflow loads plugins,
so nothing of the shop is opened before the first request.
"""

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/offermill"


@cache
def _portal() -> Any:
    root = str(Path(__file__).resolve().parent.parent)
    if root not in sys.path:
        sys.path.append(root)
    from airflow.api_fastapi.core_api.security import get_user

    from offermill.paths import ShopPaths
    from portal import mounted

    return mounted.make(ShopPaths(Path(os.environ["OFFERMILL_SHOP"])), get_user)


async def _app(scope: Any, receive: Any, send: Any) -> None:
    """Hand a request to the portal, which the first one opens."""
    await _portal()(scope, receive, send)


class OffermillPortal(AirflowPlugin):  # type: ignore[misc]
    """The portal, and a link to it among Airflow's own."""

    name = "offermill_portal"
    fastapi_apps = [{"app": _app, "url_prefix": PREFIX, "name": "Offermill downloads"}]  # noqa: RUF012
    # Under Browse: among the top entries of its menu Airflow 3.3 makes a button that leads nowhere.
    external_views = [{"name": "Offer lists", "href": f"{PREFIX}/", "destination": "nav", "category": "browse"}]  # noqa: RUF012
