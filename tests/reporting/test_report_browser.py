"""The report in a headless browser: no network, by mouse and by keyboard, light, dark, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixture_browser import CONTRAST, NAMELESS, chromium, opened
from fixture_page import render
from fixture_results import make_results

from crossmodal.reporting.listening import Sound, write_listening

CLAIMS = "#claims-table tbody tr"
FIGURE = "fig2_wikipedia_text_to_image"
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    tree = make_results(tmp_path_factory.mktemp("browser"))
    tone = np.sin(np.arange(22_050) / 20).astype(np.float32)
    sounds = [Sound("violin", column, 0.3 * tone) for column in ("CMCGAN", "true sound")]
    write_listening(tree.paper / "figures" / f"{FIGURE}.audio.json", sounds)
    render(tree)
    return (tree.edition / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    with opened(browser, address, viewport={"width": 1280, "height": 900}) as found:
        yield found


def test_claims_are_filtered_by_mouse(page: Any) -> None:
    rows = page.locator(CLAIMS)
    everything = rows.count()
    contradicted = page.locator(f"{CLAIMS}[data-verdict=contradicted]").count()
    assert 0 < contradicted < everything
    page.select_option("#filter-verdict", "contradicted")
    assert page.locator(f"{CLAIMS}:visible").count() == contradicted
    assert page.text_content("#shown") == f"{contradicted} of {everything} claims"
    page.select_option("#filter-paper", "captions")
    assert page.locator(f"{CLAIMS}:visible").count() == 0
    page.click("text=Show all")
    assert page.locator(f"{CLAIMS}:visible").count() == everything


def test_claims_are_filtered_by_keyboard(page: Any) -> None:
    page.focus("#filter-paper")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "filter-verdict"
    page.keyboard.type("contra")
    contradicted = page.locator(f"{CLAIMS}[data-verdict=contradicted]").count()
    assert page.locator(f"{CLAIMS}:visible").count() == contradicted
    page.keyboard.press("Tab")
    page.keyboard.type("no such words")
    assert page.locator(f"{CLAIMS}:visible").count() == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator(f"{CLAIMS}:visible").count() == page.locator(CLAIMS).count()


def test_a_count_of_the_scorecard_shows_its_claims(page: Any) -> None:
    link = page.locator("a[data-paper=hashing][data-verdict='not testable']").first
    count = int(link.text_content())
    link.click()
    shown = page.locator(f"{CLAIMS}:visible")
    assert shown.count() == count
    assert page.locator("#claims").evaluate("e => e.getBoundingClientRect().top") < 900


def test_a_figure_shows_the_claims_about_it(page: Any) -> None:
    link = page.locator("article a[data-words]").first
    link.click()
    shown = page.locator(f"{CLAIMS}:visible")
    assert 0 < shown.count() < page.locator(CLAIMS).count()
    assert {"Table 1: Wikipedia, image to text" in text for text in shown.all_text_contents()} == {
        True
    }


def test_a_number_opens_its_runs_and_gives_the_focus_back(page: Any) -> None:
    link = page.locator("a[data-runs]").first
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#runs-dialog")
    assert dialog.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Close"
    rows = dialog.locator("tbody tr")
    assert rows.count() == int(link.text_content().split()[0])
    folder = Path(page.url.removeprefix("file://")).parent
    for row in rows.all():
        cells = row.locator("th, td").all_text_contents()
        record = folder / row.locator("a").get_attribute("href")
        assert record.is_file()
        assert record.parent.name == f"seed{cells[1]}"
        assert record.parent.parent.name == cells[0]
        assert "4f1c2a9b7d" in cells
    assert "torch 2.11.0" in dialog.text_content()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert link.evaluate("e => e === document.activeElement")


def test_without_script_numbers_lead_to_the_table_of_runs(browser: Any, address: str) -> None:
    with opened(browser, address, java_script_enabled=False) as page:
        assert not page.locator("#filters").is_visible()
        assert page.locator(f"{CLAIMS}:visible").count() > 50
        page.locator("a[data-runs]").first.click()
        assert page.locator("tr:target").count() == 1


def test_a_link_into_a_folded_part_unfolds_it(page: Any) -> None:
    row = page.locator("#runs-table tbody tr").last
    assert not row.is_visible()
    page.evaluate(f"location.hash = {row.get_attribute('id')!r}")
    row.wait_for(state="visible", timeout=5_000)


def test_pictures_are_drawn_and_sounds_can_be_played(page: Any) -> None:
    widths = page.eval_on_selector_all("img", "all => all.map(image => image.naturalWidth)")
    assert len(widths) == 2
    assert min(widths) > 100
    seconds = page.evaluate("""() => Promise.all([...document.querySelectorAll("audio")].map(
      (audio) => new Promise((done) => {
        audio.addEventListener("loadedmetadata", () => done(audio.duration));
        audio.addEventListener("error", () => done(-1));
        audio.preload = "metadata";
        audio.load();
      })))""")
    assert seconds == pytest.approx([0.5, 0.5], abs=0.1)
    page.evaluate("""document.querySelector("audio").addEventListener(
      "ended", (event) => { document.title = `ended at ${event.target.currentTime}`; })""")
    page.get_by_role("button", name="Play violin, CMCGAN").click()
    page.locator("button[aria-pressed=true]").wait_for(timeout=5_000)
    page.locator("button[aria-pressed=true]").wait_for(state="detached", timeout=5_000)
    assert float(page.title().removeprefix("ended at ")) == pytest.approx(seconds[0], abs=0.01)


def test_a_narrow_window_needs_no_scrolling_sideways(browser: Any, address: str) -> None:
    with opened(browser, address, viewport=NARROW) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
        page.locator("a[data-runs]").first.click()
        box = page.locator("#runs-dialog").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= NARROW["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(browser: Any, address: str, scheme: str) -> None:
    with opened(browser, address, color_scheme=scheme) as page:
        page.eval_on_selector_all("details", "all => all.forEach(part => { part.open = true; })")
        assert page.evaluate(CONTRAST) == []


def test_headings_names_and_landmarks(page: Any) -> None:
    levels = [
        int(tag[1])
        for tag in page.eval_on_selector_all(
            "h1, h2, h3, h4", "all => all.map(heading => heading.tagName)"
        )
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.evaluate(NAMELESS) == []
    for landmark in ("banner", "navigation", "main"):
        assert page.get_by_role(landmark).count() == 1


def test_the_first_key_leads_past_the_head(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the scorecard"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_it_prints(page: Any) -> None:
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert not page.locator("#filters").is_visible()
    scrolling = "all => all.filter(part => getComputedStyle(part).overflowX !== 'visible').length"
    assert page.eval_on_selector_all(".scroll", scrolling) == 0
    content = page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "1cm"))
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") >= 5
