"""The report page of the fixture's results, rendered and taken apart."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from fixture_results import Tree, pages

from crossmodal.reporting.report import EditionPage, PaperPage, write_report

VOID = {"meta", "link", "img", "br", "wbr", "rect", "input"}
EDITION = {"edition": "demo", "seeds": "0, 1, 2"}


class Page(HTMLParser):
    """Collects tags with attributes, the text, and tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.badly_closed: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.badly_closed.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += data

    def named(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def render(
    tree: Tree, papers: list[PaperPage] | None = None, benchmarks: Path | None = None
) -> Page:
    out = tree.edition / "report.html"
    content = EditionPage(
        title="Report",
        facts=EDITION,
        papers=pages() if papers is None else papers,
        missing_corpora=[("nuswide10k", "needs an agreement")],
        incomplete_corpora={"wikipedia": ["image lists", "two texts"]},
    )
    records = {"hashing": tree.results.records}
    write_report(tree.edition, out, content, records, benchmarks=benchmarks)
    return Page(out.read_text(encoding="utf-8"))


def flat(page: Page) -> str:
    return " ".join(page.text.split())
