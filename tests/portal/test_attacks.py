"""150 ways out of a folder and 60 ways into a page: nothing comes of them."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from portal import app as application
from portal import users
from portal.state import Portal
from tests.portal import publication
from tests.portal.payloads import SCRIPTS, TRAVERSALS
from tests.portal.publication import EDITION, PASSWORD
from tests.portal.visits import Visitor, as_user, running

Visit = Callable[[str], Visitor]
CHROMIUM = Path("/usr/bin/chromium")
# What a page of ours never holds, and what files near by do.
SECRETS = (b"root:", b"argon2", b"a salt for tests", b"PATH=", b'"resources"', b"datapackage_sha256")
# Every payload is sent to the first of these places, every eighth to the others: a refusal is forced to disk each time.
PLACES = (f"/api/download?edition={EDITION}&list={{}}", "/{}")
MORE_PLACES = (
    f"/download/{EDITION}/{{}}/csv",
    "/static/{}",
    "/editions/{}",
    f"/editions/{EDITION}/{{}}",
    f"/download/{EDITION}/crm_offers.csv/{{}}",
    "/api/lists?edition={}",
    f"/api/preview?edition={EDITION}&list={{}}",
    f"/api/download?edition={EDITION}&list=crm_offers.csv&format={{}}",
)
CASES = [*[(place, TRAVERSALS) for place in PLACES], *[(place, TRAVERSALS[::8]) for place in MORE_PLACES]]


def as_sent(payload: str) -> str:
    """Return the payload as it goes over the wire: dots, slashes and escapes stay, what HTTP forbids is escaped."""
    return quote(payload, safe="/%.\\;:~$*'()|+@")


def test_there_are_as_many_as_promised() -> None:
    assert (len(set(TRAVERSALS)), len(set(SCRIPTS))) == (157, 61)


@pytest.mark.parametrize(("place", "payloads"), CASES, ids=[place for place, _ in CASES])
def test_no_way_out_of_the_publication(visit: Visit, place: str, payloads: tuple[str, ...]) -> None:
    """The role may have everything that is published; with it, nothing else is reached either."""
    visitor = visit("admin")
    answers = {payload: visitor.get(place.format(as_sent(payload))) for payload in payloads}
    handed_out = {payload: answer.status for payload, answer in answers.items() if answer.status not in (404, 422)}
    # A path that only says "this folder" may end at a page of our own; an address of another place at none.
    own = {".", "./", "..", "%2e", "%2e%2e"}
    assert {payload: status for payload, status in handed_out.items() if payload not in own} == {}
    assert [payload for payload, answer in answers.items() if any(one in answer.body for one in SECRETS)] == []


def test_a_stranger_gets_nothing_by_a_detour(stranger: Visitor) -> None:
    for payload in TRAVERSALS[::4]:
        answer = stranger.get(f"/static/{as_sent(payload)}")
        assert answer.status in (303, 404), payload
        assert not any(one in answer.body for one in SECRETS)


class Page(HTMLParser):
    """Collects what a browser could run or ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "embed", "svg", "math", "img", "style", "base", "template", "xss"}:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in {"style", "srcdoc", "formaction"}:
                self.found.append(f"{tag} {name}")
            if name in {"href", "src", "action"} and not (value or "").startswith(("/", "?", "#", "data:,")):
                self.found.append(f"{tag} {name}={value}")


def runnable(html: str) -> list[str]:
    page = Page()
    page.feed(html)
    return page.found


@pytest.fixture(scope="module")
def hostile(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Portal, int]]:
    """Serve a publication in which every text is an attack: cells, columns, titles, the segment, shop and user."""
    folder = tmp_path_factory.mktemp("hostile") / "shop"
    shop = publication.make(folder)
    settings = publication.SHOP.replace("Veikals <b>", "Veikals <script>alert(1)</script>")
    shop.settings.write_text(settings, encoding="utf-8")
    writer = publication.Writer(shop.exports / "2026-07-01")
    fields = (("id", "string", SCRIPTS[0]), ("<img src=x onerror=alert(1)>", "string", '" onmouseover="alert(1)'))
    for number, payload in enumerate(SCRIPTS):
        writer.csv(f"segments/s-{number}.csv", payload, fields, [(str(number), payload)])
    writer.csv("all.csv", "All", fields, [(payload, payload) for payload in SCRIPTS])
    writer.finish()
    publication.add_user(shop, "admin", "admin")
    portal = Portal.of(shop, is_secure=False)
    with running(application.make(portal)) as port:
        yield portal, port


def test_no_script_gets_into_a_page(hostile: tuple[Portal, int]) -> None:
    portal, port = hostile
    visitor = as_user(portal, port, "admin")
    paths = ["/", "/editions/2026-07-01", "/editions/2026-07-01/all.csv", "/editions/2026-07-01/all.csv?page=2"]
    paths += [f"/editions/2026-07-01/segments.s-{number}.csv" for number in range(0, len(SCRIPTS), 6)]
    for path in paths:
        answer = visitor.get(path)
        assert answer.status == 200, path
        assert runnable(answer.text) == [], path
    assert "{{ 7 * 7 }}" in visitor.get("/editions/2026-07-01/all.csv").text.replace("&#34;", '"')


def test_no_script_comes_back_from_what_is_asked(visit: Visit, stranger: Visitor) -> None:
    visitor = visit("admin")
    for number, payload in enumerate(SCRIPTS):
        asked = quote(payload, safe="")
        places = (f"/{asked}", f"/?language={asked}", f"/editions/{asked}", f"/editions/{EDITION}/{asked}")
        for path in places if number % 6 == 0 else places[:2]:
            assert runnable(visitor.get(path).text) == [], path
    answer = stranger.post("/login", name=SCRIPTS[0], password=SCRIPTS[1], token=SCRIPTS[2])
    assert (answer.status, runnable(answer.text)) == (403, [])


def found_by_axe(page: Any) -> list[str]:
    """Return what axe finds serious on the page."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']}" for one in violations if one["impact"] in ("serious", "critical")]


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium (apt-get install chromium)")
def test_chromium_runs_none_of_them_and_asks_nobody_else(hostile: tuple[Portal, int]) -> None:
    from playwright.sync_api import sync_playwright

    portal, port = hostile
    home, said, asked = f"http://127.0.0.1:{port}", list[str](), list[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page: Any = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{home}/login")
        page.fill("#name", "admin")
        page.fill("#password", PASSWORD)
        page.click(".login button")
        page.wait_for_url(f"{home}/")
        for path in ("/editions/2026-07-01", "/editions/2026-07-01/all.csv"):
            page.goto(home + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
            assert found_by_axe(page) == []
        browser.close()
    assert said == []
    assert [url for url in asked if not url.startswith((home, "data:,"))] == []
    assert "admin" in users.read(portal.shop)
