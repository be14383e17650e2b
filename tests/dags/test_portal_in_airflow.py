"""The portal as people reach it: Airflow's real API server and UI, logged in, clicked through to a downloaded list."""

import zipfile
from pathlib import Path

import pytest

from tests.dags.real_airflow import RealAirflow

pytestmark = [pytest.mark.scheduler, pytest.mark.browser]
CHROMIUM = Path("/usr/bin/chromium")
MILLISECONDS = 120_000  # for whatever is clicked, on a busy machine


@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium (apt-get install chromium)")
def test_from_airflows_menu_to_a_downloaded_list(real_airflow: RealAirflow, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    address, said = real_airflow.base, list[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(locale="en-GB", accept_downloads=True)
        context.set_default_timeout(MILLISECONDS)
        page = context.new_page()
        page.goto(address, wait_until="networkidle")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", real_airflow.password)
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
