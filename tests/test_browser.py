"""Pages in a real browser, both languages, wide and narrow: they fit, nothing complains, the keyboard leads through."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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
