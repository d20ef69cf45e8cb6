"""A headless Chromium without a network, and what it finds wrong with a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

CONTRAST = """() => {
  // WCAG 2.2: relative luminance and contrast of every visible text with what lies behind it.
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faults = new Map();
  for (const element of document.querySelectorAll("body *")) {
    const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!words || !element.checkVisibility() || element.closest("svg, script")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(parse(style.color)), luminance(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const bold = Number(style.fontWeight) >= 700;
    const large = parseFloat(style.fontSize) >= (bold ? 18.66 : 24);
    if (contrast < (large ? 3 : 4.5)) {
      faults.set(`${element.tagName}.${element.className}`, contrast.toFixed(2));
    }
  }
  return [...faults];
}"""

NAMELESS = """() => {
  // Everything one can operate, and every region, has a name; every label leads somewhere.
  const nameOf = (element) => {
    const ids = element.getAttribute("aria-labelledby");
    if (ids) return ids.split(" ").map((id) => document.getElementById(id)?.textContent).join("");
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join("");
    return element.getAttribute("aria-label") || labels || element.alt || element.textContent;
  };
  const wanted = "a, button, select, input, audio, img, nav, [role=region], form, dialog, summary";
  return [...document.querySelectorAll(wanted)]
    .filter((element) => !nameOf(element)?.trim() && element.method !== "dialog")
    .map((element) => element.outerHTML.slice(0, 120));
}"""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start the system's Chromium; skip the test where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("needs Chromium (Debian's package chromium)")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Any, address: str, **settings: Any) -> Iterator[Any]:
    """Open a page without a network; afterwards nothing may have been asked for or gone wrong."""
    context = browser.new_context(offline=True, **settings)
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda fault: wrong.append(str(fault)))
    page.goto(address)
    yield page
    context.close()
    assert [url[:100] for url in asked if not url.startswith("data:")] == [address]
    assert wrong == []
