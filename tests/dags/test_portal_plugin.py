"""Airflow loads the portal's plugin, and its users get what shop.yml grants them: nothing unless it names them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from offermill import paths
from tests.portal import publication
from tests.portal.publication import EDITION
from tests.portal.visits import Visitor, running

pytestmark = [pytest.mark.airflow, pytest.mark.filterwarnings("ignore")]
Visit = Callable[[str | None], Visitor]
AIRFLOW_USERS = "  airflow_users: {olga: marketer}\n"


@pytest.fixture(scope="module")
def plugin() -> Any:
    """Return the plugin as Airflow's own loader finds it in plugins/."""
    from airflow._shared.plugins_manager.plugins_manager import _load_plugins_from_plugin_directory

    plugins, errors = _load_plugins_from_plugin_directory(str(paths.ROOT / "plugins"))
    assert errors == {}
    (found,) = plugins
    return found


@pytest.fixture(scope="module")
def airflow(dags: dict[str, Any], plugin: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """Yield how to visit an application that mounts the plugin as Airflow does, as one of Airflow's users or nobody."""
    # `dags` makes Airflow's database, where it keeps the tokens of those who logged out.
    from airflow.api_fastapi.app import _AuthManagerState
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    shop = publication.make(tmp_path_factory.mktemp("airflow") / "shop")
    shop.settings.write_text(publication.SHOP.replace("portal:\n", f"portal:\n{AIRFLOW_USERS}"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OFFERMILL_SHOP", str(shop.folder))
        patch.setenv(
            "AIRFLOW__API_AUTH__JWT_SECRET", "a secret for tests, of sixty-four characters and some more of them"
        )
        manager = SimpleAuthManager()
        patch.setattr(_AuthManagerState, "instance", manager)
        host = FastAPI()
        (mounted,) = plugin.fastapi_apps
        host.mount(mounted["url_prefix"], mounted["app"])

        def cookie(name: str) -> str:
            return f"_token={manager.generate_jwt(SimpleAuthManagerUser(username=name, role='ADMIN'))}"

        with running(host) as port:
            yield lambda name: Visitor(port, cookie(name) if name else None)


def test_the_plugin_opens_nothing_when_it_is_loaded(plugin: Any) -> None:
    assert (plugin.name, plugin.fastapi_apps[0]["url_prefix"]) == ("offermill_portal", "/offermill")
    assert plugin.external_views[0]["href"] == "/offermill/"
    assert not (Path(paths.ROOT) / "shop" / "portal").exists()


@pytest.mark.parametrize("path", ["/offermill/", f"/offermill/editions/{EDITION}", "/offermill/api/editions"])
def test_who_is_not_logged_in_to_airflow_is_refused(airflow: Visit, path: str) -> None:
    answer = airflow(None).get(path)
    assert answer.status == 401
    assert "2026" not in answer.text
    assert airflow(None).get(path, Authorization="Bearer forged").status == 403


def test_even_an_administrator_of_airflow_needs_a_role_in_shop_yml(airflow: Visit) -> None:
    assert airflow("root").get("/offermill/").status == 403
    assert airflow("root").get("/offermill/api/editions").json == {"detail": "Forbidden"}


def test_who_has_a_role_gets_its_lists_and_no_form_to_log_in(airflow: Visit) -> None:
    olga = airflow("olga")
    page = olga.get(f"/offermill/editions/{EDITION}")
    assert page.status == 200
    assert f'href="/offermill/download/{EDITION}/crm_offers.csv/csv"' in page.text
    assert "audit.decisions.parquet" not in page.text
    assert olga.get(f"/offermill/download/{EDITION}/crm_offers.csv/csv").text.startswith("offer_key,")
    assert [olga.get("/offermill/login").status, olga.post("/offermill/login", name="olga", password="x").status] == [
        404,
        404,
    ]
