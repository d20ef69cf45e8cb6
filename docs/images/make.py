"""Renew the pictures of README and docs/tour.md from a finished edition's report.

    python docs/images/make.py results/demo              the tour's
    python docs/images/make.py results/public scorecard  by name: README's

Needs Chromium (Debian's package `chromium`) and no network. A picture stays under 150 kB.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
WIDTH, HEIGHT = 1240, 960
LARGEST_BYTES = 150_000
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def part(selector: str, height: int = HEIGHT) -> Callable[[Any], bytes]:
    """Return a photographer of a part of the page, cut at a height."""

    def take(page: Any) -> bytes:
        box = page.locator(selector).first.bounding_box()
        clip = {**box, "y": box["y"] - 6, "height": min(box["height"], height) + 6}
        content: bytes = page.screenshot(full_page=True, clip=clip)
        return content

    return take


def head(page: Any) -> bytes:
    """Photograph the head of the page with the scorecard."""
    bottom = page.locator("#scorecard ~ .scroll").first.bounding_box()
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": bottom["y"] + bottom["height"] + 20}
    content: bytes = page.screenshot(full_page=True, clip=clip)
    return content


def claims(page: Any) -> bytes:
    """Photograph the first claims of a paper that are not inconclusive, or else any."""
    page.select_option("#filter-paper", "hashing")
    decided = page.locator("#claims-table tr[data-paper=hashing][data-verdict=supported]")
    if decided.count():
        page.select_option("#filter-verdict", "supported")
    top = page.locator("#claims").bounding_box()
    clip = {"x": top["x"], "y": top["y"], "width": top["width"], "height": 560}
    content: bytes = page.screenshot(full_page=True, clip=clip)
    page.get_by_role("button", name="Show all").click()
    return content


def runs(page: Any) -> bytes:
    """Photograph the records behind a claim."""
    page.locator("#claims-table a.runs").first.click()
    content: bytes = page.locator("#runs-dialog").screenshot()
    page.keyboard.press("Escape")
    return content


TOUR: dict[str, Callable[[Any], bytes]] = {
    "head": head,
    "claims": claims,
    "runs": runs,
    "table": part("article[aria-labelledby=hashing-table1_wikipedia_image_to_text]"),
    "hashing": part("article[aria-labelledby=hashing-fig2_wikipedia_text_to_image]"),
    "captions": part("article[aria-labelledby=captions-fig_search_by_image] figure"),
    "cmcgan": part("article[aria-labelledby=cmcgan-fig4_latent_depth]"),
    "facevoice": part("article[aria-labelledby=facevoice-fig4_common_layer_roc]"),
    "msvae": part("article[aria-labelledby=msvae-fig5_generation] figure"),
    "listening": part("article[aria-labelledby=cmcgan-fig2_generated] .scroll"),
    "corpus": part("article[aria-labelledby=corpus-sub_urmp]", height=600),
    "cost": part(".scroll[aria-labelledby=cost-jobs]"),
}
PICTURES = {"scorecard": head, **TOUR}


def main(results: Path, names: list[str]) -> None:
    """Write the named pictures, or those of the tour, beside this file."""
    unknown = sorted(set(names) - set(PICTURES))
    if unknown:
        sys.exit(f"error: no picture {unknown[0]!r}: choose from {', '.join(PICTURES)}")
    report = results / "report.html"
    if not report.is_file():
        sys.exit(f"error: {report}: does not exist: run the workflow first")
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("error: chromium is not installed: install Debian's package chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        for name in names or TOUR:
            page.evaluate("scrollTo(0, 0)")  # boxes are measured from what is in view
            save(PICTURES[name](page), HERE / f"{name}.png")
        browser.close()


def save(content: bytes, path: Path) -> None:
    """Write a screenshot with as many colours as its size allows."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    for colours in (256, 128, 64):
        small = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
        if small.tell() <= LARGEST_BYTES:
            break
    else:
        sys.exit(f"error: {path}: {small.tell():,} bytes: show less in docs/images/make.py")
    path.write_bytes(small.getvalue())
    print(f"{path}: {small.tell():,} bytes")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
