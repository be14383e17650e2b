"""How heavy the pages are, and how soon the first chart stands, in headless Chromium.

    PYTHONPATH=. .venv/bin/python benchmarks/pages.py build/demo/site/2026-06-30/en

Opens every page of a published night from its folder, `--runs` times each in a fresh context, and prints a table: bytes
of the page, bytes of the scripts beside it, milliseconds until the first chart is drawn (median) and until all are.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
DRAWN = "document.querySelectorAll('.drawn svg').length >= {count}"


def timed(browser: Any, page: Path) -> tuple[float | None, float, int]:
    """Return milliseconds to the first chart (None without one) and to the last, and bytes of scripts beside it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab, asked = context.new_page(), []
    tab.on("request", lambda request: asked.append(request.url))
    started = time.perf_counter()
    tab.goto(page.as_uri())
    count = tab.locator("[data-specification]").count()
    first = None
    if count:
        tab.wait_for_function(DRAWN.format(count=1))
        first = 1000 * (time.perf_counter() - started)
        tab.wait_for_function(DRAWN.format(count=count))
    last = 1000 * (time.perf_counter() - started)
    beside = sum(Path(url.removeprefix("file://")).stat().st_size for url in set(asked) if url.endswith(".js"))
    context.close()
    return first, last, beside


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a published night in one language, such as site/2026-06-30/en")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    pages = sorted(given.folder.resolve().glob("*.html"))
    if not pages:
        parser.error(f"{given.folder}: holds no page; give a folder such as site/2026-06-30/en")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        print("| page | page, kB | scripts beside, kB | first chart, ms | all drawn, ms |\n|---|---|---|---|---|")
        for page in pages:
            found = [timed(browser, page) for _ in range(given.runs)]
            firsts = [first for first, _, _ in found if first is not None]
            first = f"{statistics.median(firsts):.0f}" if firsts else ""
            last = f"{statistics.median(last for _, last, _ in found):.0f}"
            print(f"| {page.stem} | {page.stat().st_size / 1024:.0f} | {found[0][2] / 1024:.0f} | {first} | {last} |")
        browser.close()


if __name__ == "__main__":
    main()
