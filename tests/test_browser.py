"""Pages in a real browser, both languages, wide and narrow: they fit, nothing complains, the keyboard leads through."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from conftest import Seed
from govgraph.shipped import EXPLORER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser
PAGES = (
    "/",
    "/service",
    "/service?q=permit",
    "/doc/service/apply-for-a-passport",
    "/doc/building-block/identity",
    "/questions/",
    "/questions/blocked_services",
    "/questions/services_per_level",
    "/questions/service_ranking",
    "/validation",
    "/ns",
    "/sparql",
    "/graphql",
    "/catalog",
    "/revisions",
    "/revision/1",
    "/service/no-such-page",
)
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def address(seed: Seed) -> Iterator[str]:
    """A real server over the seed, as `govgraph serve` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "govgraph", "serve", "--data", str(seed.directory), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=5).close()  # noqa: S310  # our own server
                break
            except urllib.error.URLError:
                assert server.poll() is None, "the server ended"
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the browser extra (playwright)")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-quic", *quiet])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_pages_fit_and_do_not_complain(page: Page, address: str, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in PAGES:
        answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer is not None
        missing = path.endswith("no-such-page")
        assert answer.status == (404 if missing else 200), path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} overflows"
        assert page.evaluate("document.documentElement.lang") == language
        assert page.locator("h1").count() == 1, path
        assert page.locator("main").count() == 1, path
        if missing:
            complaints = [c for c in complaints if "404" not in c]
        assert not complaints, path


def test_the_first_key_leads_past_the_menu(page: Page, address: str) -> None:
    page.goto(f"{address}/?lang=en")
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.get_attribute("href") == "#main" or "skip" in (link.text_content() or "").lower()
    assert link.is_visible()
    page.keyboard.press("Enter")
    assert "#" in page.url


def test_the_menu_opens_without_a_mouse_and_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/?lang=fr")
    page.get_by_role("link", name="Questions").first.click()
    assert page.url.split("?")[0].endswith("/questions/")
    page.locator("main a[href*='blocked_services']").first.click()
    assert "bloqués" in (page.locator("h1").text_content() or "")
    context.close()


def test_a_question_is_asked_with_the_form(page: Page, address: str) -> None:
    page.goto(f"{address}/questions/late_items?lang=en")
    page.locator("input[type=date]").first.fill("2030-01-01")
    before = page.locator("main tbody tr").count()
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    assert "2030-01-01" in page.url
    assert page.locator("main tbody tr").count() > before


def test_the_language_stays_on_the_way(page: Page, address: str) -> None:
    page.goto(f"{address}/?lang=fr")
    page.locator("main a[href*='/doc/service/']").first.click()
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.lang") == "fr"


# the explorer of /graphql

EDITOR = ".graphiql-query-editor .view-line"
RUN = ".graphiql-execute-button"
MENU = ".main-nav > a, .main-nav > details > summary"


@pytest.fixture
def explorer(browser: Browser) -> Iterator[Page]:
    """A page of its own, that keeps nothing of what others did; it fails where anything complains."""
    if not (EXPLORER / "manifest.json").is_file():
        pytest.skip("needs the explorer: GOVGRAPH_BUILD_EXPLORER=1 pip install --no-deps --editable .")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [each for each in complaints if "401" not in each] == []


def answered(page: Page) -> str:
    """What the last operation gave; lines of an editor hold spaces that do not break."""
    page.locator(".bar .told").filter(has_text="HTTP").wait_for()
    page.locator(".graphiql-response .view-line").nth(1).wait_for()
    return str(page.locator(".graphiql-response .view-lines").inner_text()).replace("\u00a0", " ")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("language", "word"), [("en", "As published"), ("fr", "Publié")])
def test_the_explorer_fits_and_runs_an_example(
    explorer: Page, address: str, language: str, word: str, width: int
) -> None:
    explorer.set_viewport_size({"width": width, "height": 900})
    explorer.goto(f"{address}/graphql?lang={language}")
    explorer.locator(EDITOR).first.wait_for()
    assert explorer.get_by_text(word, exact=True).count() == 1
    explorer.click(RUN)
    assert '"score"' in answered(explorer)
    assert explorer.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert explorer.evaluate("document.documentElement.scrollHeight < 2500")
    assert (explorer.locator("h1").count(), explorer.locator("main").count()) == (1, 1)
    asked = set(explorer.evaluate("performance.getEntriesByType('resource').map((one) => one.name)"))
    assert len(asked) > 8
    assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]


def test_an_example_opens_from_the_panel_and_runs_by_the_keyboard(explorer: Page, address: str) -> None:
    explorer.goto(f"{address}/graphql?lang=en")
    explorer.locator(EDITOR).first.wait_for()
    explorer.locator(".panel-list button").nth(3).press("Enter")
    explorer.locator(".graphiql-query-editor").filter(has_text="blockedServices").wait_for()
    explorer.keyboard.press("Control+Enter")
    assert '"blockedServices"' in answered(explorer)


def test_the_explorer_documents_the_schema(explorer: Page, address: str) -> None:
    explorer.goto(f"{address}/graphql?lang=en")
    explorer.locator(EDITOR).first.wait_for()
    explorer.locator(".graphiql-sidebar button").first.click()
    explorer.locator(".graphiql-doc-explorer").get_by_text("Query", exact=True).first.click()
    explorer.locator(".graphiql-doc-explorer").get_by_text("lifeEvents").first.wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_explorer_explains_an_answer_and_leads_to_sparql(explorer: Page, address: str, width: int) -> None:
    explorer.set_viewport_size({"width": width, "height": 900})
    explorer.goto(f"{address}/graphql?lang=fr&query=%7Bservices(first:3)%7Bnodes%7Btitle%7Bvalue%7D%7D%7D%7D")
    explorer.locator(EDITOR).first.wait_for()
    explorer.get_by_label("Expliquer", exact=True).check()
    explorer.click(RUN)
    panel = explorer.locator(".panel").filter(has_text="Ce qui a été lu")
    panel.wait_for()
    box = panel.bounding_box()
    assert box is not None
    assert 0 <= box["x"] < width - 150
    link = panel.get_by_role("link", name="Ouvrir dans SPARQL").first.get_attribute("href")
    assert link is not None
    assert "/sparql?query=SELECT" in link


def test_a_subscription_is_followed_over_a_websocket(explorer: Page, address: str, seed: Seed) -> None:
    explorer.goto(
        f"{address}/graphql?lang=en&query=subscription%7BcatalogueChanged(since:%220%22)%7Brevision%20door%7D%7D"
    )
    explorer.locator(EDITOR).first.wait_for()
    with explorer.expect_websocket() as opened:
        explorer.click(RUN)
    assert opened.value.url == f"{address.replace('http', 'ws')}/graphql"
    # It is refused, since nothing is kept from before the first revision, and the refusal shown.
    explorer.locator(".graphiql-response").filter(has_text="first revision").wait_for()


def test_another_operation_ends_a_subscription_and_takes_its_answer_away(explorer: Page, address: str) -> None:
    explorer.goto(f"{address}/graphql?lang=en")
    explorer.locator(EDITOR).first.wait_for()
    explorer.click(RUN)
    answered(explorer)
    examples = explorer.locator(".panel-list button")
    examples.last.click()
    explorer.locator(".graphiql-query-editor").filter(has_text="catalogueChanged").wait_for()
    assert explorer.locator(".bar .told").inner_text() == ""
    with explorer.expect_websocket() as opened:
        explorer.click(RUN)
    explorer.get_by_role("button", name=re.compile("^Stop query")).wait_for()
    with opened.value.expect_event("framesent", lambda frame: '"complete"' in str(frame)):
        examples.nth(3).click()
    explorer.get_by_role("button", name=re.compile("^Execute query")).wait_for()
    assert "catalogueChanged" not in explorer.locator(".graphiql-response").inner_text()
    explorer.click(RUN)
    assert '"blockedServices"' in answered(explorer)


def test_the_explorers_own_words_are_french_for_who_reads_french(explorer: Page, address: str) -> None:
    explorer.goto(f"{address}/graphql?lang=fr")
    explorer.locator(EDITOR).first.wait_for()
    for name in ("Documentation", "Opérations précédentes", "Exemples", "Explication"):
        button = explorer.locator(".panels").get_by_role("button", name=name, exact=True)
        if button.get_attribute("aria-expanded") != "true":
            button.click()
        assert button.get_attribute("aria-expanded") == "true"
    assert not [
        each
        for each in explorer.locator(".graphiql-sidebar button:visible").all()
        if re.match("(Show|Hide) ", name_of(each))
    ]
    explorer.get_by_label("Expliquer", exact=True).check()
    explorer.locator(".panels").get_by_role("button", name="Exemples").click()
    explorer.locator(".panel-list button").nth(3).click()
    explorer.locator(".graphiql-query-editor").filter(has_text='["fr", "en"]').wait_for()
    explorer.locator(".panels").get_by_role("button", name="Explication").click()
    explorer.click(RUN)
    panel = explorer.locator(".panel").filter(has_text="Ce qui a été lu")
    panel.wait_for()
    said = panel.inner_text().replace("\u00a0", " ")
    assert "requête : blockedServices" in said
    assert "Publié" in said
    assert "a besoin de" in answered(explorer)


def name_of(button: Locator) -> str:
    return button.get_attribute("aria-label") or button.inner_text()


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("width", [320, 380])
def test_on_a_telephone_the_operation_is_in_sight_and_nothing_is_cut_off(
    explorer: Page, address: str, language: str, width: int
) -> None:
    explorer.set_viewport_size({"width": width, "height": 800})
    explorer.goto(f"{address}/graphql?lang={language}")
    explorer.locator(EDITOR).first.wait_for()
    top = explorer.locator(".graphiql-query-editor").bounding_box()
    assert top is not None
    assert top["y"] < 460
    icons = explorer.locator(".graphiql-sidebar button:visible")
    assert icons.count() == 7
    for box in [icon.bounding_box() for icon in icons.all()]:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width - 16
    editor, run = (explorer.locator(place).bounding_box() for place in (".graphiql-query-editor .view-lines", RUN))
    assert editor is not None
    assert run is not None
    assert run["y"] >= editor["y"] + editor["height"] - 1
    rows = {round(each.bounding_box()["y"]) for each in explorer.locator(MENU).all()}  # type: ignore[index]  # all are shown
    assert (len(rows), explorer.locator(MENU).count()) == (1, 4)


def test_drafts_need_a_token_that_is_never_in_an_address_nor_kept_beyond_the_tab(
    explorer: Page, address: str, seed: Seed
) -> None:
    command = [sys.executable, "-m", "govgraph", "token", "create", "--role", "reader", "--label", "x"]
    made = subprocess.run([*command, "--data", str(seed.directory)], capture_output=True, text=True, check=True)
    token = next(word for word in made.stdout.split() if word.startswith("gov_"))
    explorer.goto(f"{address}/graphql?lang=en&query=%7Bservices%7BtotalCount%7D%7D")
    explorer.locator(EDITOR).first.wait_for()
    explorer.get_by_label("With drafts").click()
    assert "token" in explorer.locator(".bar [role=status]").inner_text()
    explorer.get_by_label("Token").fill(token)
    explorer.get_by_label("Token").press("Enter")
    explorer.click(RUN)
    kind = seed.contract.kind("Service")
    assert f'"totalCount": {len(seed.working.members(kind))}' in answered(explorer)
    assert token not in explorer.evaluate("JSON.stringify(localStorage) + location.href + document.cookie")
    assert token not in str(explorer.evaluate("performance.getEntriesByType('resource').map((one) => one.name)"))
    explorer.get_by_role("button", name="Forget").click()
    assert token not in explorer.evaluate("JSON.stringify(sessionStorage)")


def test_without_javascript_the_plain_form_shows_a_result(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/graphql?form=1&lang=en")
    page.locator("#query").fill("{ services(first: 3) { nodes { label { value } page } } }")
    page.get_by_role("button", name="Run").click()
    assert page.locator("main tbody tr").count() == 3
    context.close()
