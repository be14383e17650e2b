"""The portal as people reach it: Airflow's real API server and UI, logged in, clicked through to a downloaded list."""

import json
import os
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from offermill import paths
from tests.dags.test_real_scheduler import Airflow, free_port, wait_for
from tests.portal import publication

pytestmark = [pytest.mark.scheduler, pytest.mark.browser]
CHROMIUM = Path("/usr/bin/chromium")
START_SECONDS = 600
MILLISECONDS = 120_000  # for whatever is clicked, on a busy machine


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Yield the address of Airflow with the portal's plugin, and the password of its user admin."""
    shop = publication.make(tmp_path / "shop")
    with_user = publication.SHOP.replace("portal:\n", "portal:\n  airflow_users: {admin: marketer}\n")
    shop.settings.write_text(with_user, encoding="utf-8")
    port, folder = free_port(), tmp_path / "airflow"
    env = os.environ | {
        "AIRFLOW_HOME": str(folder),
        "OFFERMILL_SHOP": str(shop.folder),
        "OFFERMILL_AIRFLOW_PORT": str(port),
    }
    with (tmp_path / "airflow-local.log").open("w") as log:
        process = subprocess.Popen(
            [str(paths.ROOT / "bin" / "airflow-local")], env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        api = Airflow(f"http://127.0.0.1:{port}")
        wait_for("the API", START_SECONDS, lambda: api.call("GET", "/api/v2/monitor/health"))
        yield api.base, json.loads((folder / "passwords.json").read_text())["admin"]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium (apt-get install chromium)")
def test_from_airflows_menu_to_a_downloaded_list(home: tuple[str, str], tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    (address, password), said = home, list[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(locale="en-GB", accept_downloads=True)
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.goto(address, wait_until="networkidle")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", password)
        page.keyboard.press("Enter")
        page.locator("button[aria-label=Browse]").wait_for()
        page.wait_for_load_state("networkidle")
        page.locator("button[aria-label=Browse]").focus()
        page.keyboard.press("Enter")
        context.on("console", lambda message: said.append(f"{message.page.url if message.page else ''} {message.text}"))
        with context.expect_page() as opened:
            page.locator("a[aria-label='Offer lists']").click()
        portal = opened.value
        assert portal.url == f"{address}/offermill/"
        portal.locator("ul.nights a").first.click()
        with portal.expect_download() as download:
            portal.locator("a[href$='/crm_offers.csv/xlsx']").click()
        name = download.value.suggested_filename
        download.value.save_as(tmp_path / "list.xlsx")
        browser.close()
    assert name == "crm_offers-2026-06-30.xlsx"
    assert "xl/workbook.xml" in zipfile.ZipFile(tmp_path / "list.xlsx").namelist()
    assert [line for line in said if "/offermill/" in line] == []
