"""Take the pictures of docs/images from a published night: every page light, each dark, and one on a phone.

    PYTHONPATH=. .venv/bin/python benchmarks/screenshots.py build/demo/site/2026-06-30/en docs/images

Pictures are cut after `HEIGHT` pixels and kept to 128 colours, so that each weighs 40 to 90 kB.
"""

import argparse
import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1280, 1700
PHONE = 390
COLOURS = 128
# Pages whose file has another name than their picture.
NAMES = {"index": "tonight"}


def taken(browser: Any, page: Path, *, width: int = WIDTH, scheme: str = "light", picked: str = "") -> bytes:
    """Return a picture of a page with all its charts drawn."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(page.as_uri() + picked)
    count = tab.locator("[data-specification]").count()
    tab.wait_for_function(f"document.querySelectorAll('.drawn svg').length === {count}", timeout=120_000)
    picture: bytes = tab.screenshot()
    context.close()
    return picture


def write(path: Path, picture: bytes) -> None:
    """Write a picture with few colours."""
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1024:.0f} kB")


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a published night in one language, such as site/2026-06-30/en")
    parser.add_argument("images", type=Path, help="where the pictures go, such as docs/images")
    given = parser.parse_args()
    pages = sorted(given.folder.resolve().glob("*.html"))
    if not pages:
        parser.error(f"{given.folder}: holds no page; give a folder such as site/2026-06-30/en")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for page in pages:
            name = NAMES.get(page.stem, page.stem)
            write(given.images / f"{name}.png", taken(browser, page))
            write(given.images / f"{name}-dark.png", taken(browser, page, scheme="dark"))
        first = given.folder.resolve() / "index.html"
        write(given.images / "tonight-phone.png", taken(browser, first, width=PHONE))
        channels = given.folder.resolve() / "channels.html"
        write(given.images / "filters.png", taken(browser, channels, picked="#channel=email"))
        browser.close()


if __name__ == "__main__":
    main()
