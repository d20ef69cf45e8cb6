"""The report says of every kind of windows how many there are, and what gave none and why."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from crossmodal.corpora.leakage import write_tables
from crossmodal.corpora.manifest import COLUMNS, write_manifest
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.reporting.report import EditionPage, write_report

CLIPS = 4
PERSON, EMPTY = "Penny", ""


def write_corpus(folder: Path, rows: int, aside: list[tuple[str, str]]) -> None:
    """Write what the stages leave: `rows` rows of one person, and the clips set aside."""
    cells = [
        (f"clip{row}", ["train", "test"][row % 2], EMPTY, PERSON, EMPTY, 0.0, 0.5)
        for row in range(rows)
    ]
    frame = pd.DataFrame(cells, columns=list(COLUMNS))
    quarantine = Quarantine()
    for clip, reason in aside:
        quarantine.add(clip, f"{clip}.mp4", reason)
    quarantine.write(folder / "quarantine.csv")
    write_tables(frame, folder)
    write_manifest(folder / "manifest.csv", frame)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    corpus = tmp_path / "corpora" / "folder"
    write_corpus(corpus, CLIPS, [("lost", "the file is gone")])
    aside = [("a", "the <b>file</b> is empty"), ("b", "too short"), ("c", "too short")]
    write_corpus(corpus / "facevoice", 37, aside)
    write_corpus(corpus / "cmcgan", 22, [])
    return tmp_path


def rendered(results: Path) -> str:
    write_report(results, results / "report.html", EditionPage("Report", {}, []), {})
    return (results / "report.html").read_text(encoding="utf-8")


def test_every_kind_of_windows_is_shown(results: Path) -> None:
    text = rendered(results)
    assert text.count("<h4>Windows of ") == 2
    facevoice = text[text.index("Windows of facevoice") :]
    assert "3 clips" in facevoice
    assert "Too short: 2" in facevoice
    assert "&lt;b&gt;file" in facevoice
    table = facevoice[facevoice.index("Windows by split") :]
    assert [f'<td class="number">{count}</td>' in table for count in (19, 18, 37)] == [True] * 3
    assert "person" in facevoice[facevoice.index("both sides of a split of the windows") :]
    cmcgan = text[text.index("Windows of cmcgan") : text.index("Windows of facevoice")]
    assert "no window" not in cmcgan


def test_the_corpus_says_by_itself_what_its_reader_set_aside(results: Path) -> None:
    text = rendered(results)
    corpus = text[: text.index("Windows of cmcgan")]
    assert "1 clips were set aside" in corpus
    assert f"<dd>{CLIPS}</dd>" in corpus


def test_a_corpus_without_windows_has_no_such_part(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpora" / "wikipedia", CLIPS, [])
    assert "Windows of" not in rendered(tmp_path)
