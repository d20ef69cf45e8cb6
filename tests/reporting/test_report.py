from __future__ import annotations

import base64
import dataclasses
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fixture_page import Page, flat, render
from fixture_results import Tree, make_results, pages, write_claims_file

from crossmodal.config import Artefact
from crossmodal.errors import InputError
from crossmodal.reporting.claims import join_claims, write_claims
from crossmodal.reporting.listening import Sound, write_listening
from crossmodal.reporting.report import EditionPage, duration, with_code, write_report


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return make_results(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(tree: Tree) -> Page:
    return render(tree)


def test_every_artefact_is_there_or_named(page: Page, tree: Tree) -> None:
    svg = (tree.paper / "figures" / "fig2_wikipedia_text_to_image.svg").read_bytes()
    sources = [image["src"] for image in page.named("img")]
    assert f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}" in sources
    assert any(source.startswith("data:image/png;base64,") for source in sources)
    text = flat(page)
    assert "tables/table2_nuswide.csv was not made" in text
    assert "figures/fig1_recall.svg was not made" in text
    assert "Not made: table2_nuswide." in text
    assert "No run of this paper has finished." in text
    assert "nuswide10k: needs an agreement" in text
    assert "Incomplete Not at hand and done without: image lists, two texts." in text


def test_table_shows_paper_ours_and_difference(page: Page, tree: Tree) -> None:
    lines = (tree.paper / "tables" / "table1_wikipedia_image_to_text.md").read_text().splitlines()
    row = next(line for line in lines if line.startswith("| ours ") and " 64 |" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2] == "0.619"
    assert "".join(cells) in page.text.replace("\n", "")


def test_scorecard_counts_the_claims(page: Page) -> None:
    rows = [attributes for attributes in page.named("tr") if "data-verdict" in attributes]
    verdicts = Counter(row["data-verdict"] for row in rows)
    assert len(rows) == 54
    assert verdicts["not testable"] == 27  # 26 on NUS-WIDE, 1 that no number decides
    assert verdicts["contradicted"] == 1
    order = ("supported", "contradicted", "inconclusive", "not testable")
    counts = "".join(str(verdicts[name]) for name in order)
    assert f"All claims{counts}54" in page.text.replace("\n", "")
    assert "No claim of this paper has been judged." in page.text
    assert {row["data-paper"] for row in rows} == {"hashing"}


def test_bars_are_as_long_as_the_counts(page: Page) -> None:
    claims = [row for row in page.named("tr") if "data-verdict" in row]
    first = page.named("rect")[:4]
    for part in first:
        verdict = part["class"].replace("-", " ")
        count = sum(row["data-verdict"] == verdict for row in claims)
        assert float(part["width"]) == pytest.approx(100 * count / 54, abs=0.01)
    assert sum(float(part["width"]) for part in first) == pytest.approx(100, abs=0.03)


def test_stand_in_and_real_are_said(page: Page, tmp_path: Path) -> None:
    assert "All data are stand-in data. Every number on wikipedia" in flat(page)
    assert "All data are real" not in page.text
    real = render(make_results(tmp_path, source="download", artefacts=False))
    assert "All data are real. Every number comes from wikipedia." in flat(real)
    assert "stand-in" not in real.text


def test_nothing_has_run(tmp_path: Path) -> None:
    empty = Tree(edition=tmp_path, paper=tmp_path / "hashing", claims=tmp_path / "none.csv")
    text = flat(render(empty))
    assert "Nothing has run yet." in text
    assert "No corpus was prepared." in text
    assert "No run has finished." in text


def test_page_loads_nothing(page: Page, tree: Tree) -> None:
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "data", "poster", "action"):
            value = attributes.get(name, "")
            assert not value.startswith(("http:", "https:", "//", "ftp:")), (tag, value[:80])
        assert tag not in ("link", "iframe", "object", "embed", "base")
    assert all(image["src"].startswith("data:") for image in page.named("img"))
    assert not any("src" in script for script in page.named("script"))
    markup = (tree.edition / "report.html").read_text(encoding="utf-8")
    assert "@import" not in markup
    assert "url(" not in markup


def test_runs_are_linked_and_costs_summed(page: Page, tree: Tree) -> None:
    links = [link["href"] for link in page.named("a") if link["href"].endswith("run.json")]
    assert len(links) == 45
    assert all((tree.edition / link).is_file() for link in links)
    assert "4f1c2a9b7d" in page.text
    # 15 variants at 20.5, 21.5 and 22.5 s; 45 runs of 36 core seconds
    assert "All papers4516 min 8 s0.45" in page.text.replace("\n", "")


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("`ours` is <it>", "<code>ours</code> is &lt;it&gt;"),
        ("a `<b>` c", "a <code>&lt;b&gt;</code> c"),
        ("one ` alone", "one ` alone"),
        ("none", "none"),
    ],
)
def test_words_between_backticks_are_code(text: str, markup: str) -> None:
    assert with_code(text) == markup


def test_corpus_sheet_counts_splits_and_classes(page: Page) -> None:
    assert "pairs400train300test100classes8sourcesynthetic" in page.text.replace("\n", "")
    assert "royalty 50" in flat(page)


def test_markup_can_be_read_aloud_and_walked_by_keyboard(page: Page) -> None:
    assert page.badly_closed == []
    assert page.open == []
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        for name in ("aria-labelledby", "for"):
            assert set(attributes.get(name, "").split()) <= set(ids)
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids
        if "scroll" in attributes.get("class", "").split():
            assert attributes["tabindex"] == "0"
            assert attributes.get("aria-label") or attributes.get("aria-labelledby")
    assert all(image["alt"] for image in page.named("img"))
    assert all("scope" in head for head in page.named("th"))
    assert len(page.named("caption")) == len(page.named("table"))
    assert {"header", "nav", "main"} <= {tag for tag, _ in page.tags}
    assert page.named("html")[0]["lang"] == "en"


def test_filter_waits_for_script(page: Page) -> None:
    assert "hidden" in page.named("form")[0]
    rows = [row for row in page.named("tr") if "data-verdict" in row]
    assert not any("hidden" in row for row in rows)


def test_everything_is_escaped(tmp_path: Path) -> None:
    bad = '<script>alert("x")</script>'
    tree = make_results(tmp_path, artefacts=False)
    row = {"claim": "1.a", "statement": bad, "note": bad, "left": "ours_16", "right": "cvh_16"}
    claims = write_claims_file(tmp_path / "claims.csv", [row])
    write_claims(claims, tree.paper, tree.paper / "claims.csv")
    join_claims([tree.paper / "claims.csv"], tree.edition / "claims.csv")
    (tree.paper / "tables").mkdir()
    (tree.paper / "tables" / "t.csv").write_text(f"<b>,x\n'{bad.replace(chr(34), '')}',1\n")
    record = tree.paper / "runs" / "wikipedia" / "ours_16" / "seed0" / "run.json"
    record.write_text(record.read_text().replace('"cpu"', '"<script>cpu</script>"'))
    artefacts = {
        "t": Artefact(kind="table", title=bad, caption=bad),
        'f" onload="x': Artefact(kind="figure", title=bad, caption=bad),
    }
    page = render(
        tree,
        [
            dataclasses.replace(
                pages()[0], title=bad, citation=bad, artefacts=artefacts, missing=[bad]
            )
        ],
    )
    assert len(page.named("script")) == 1
    assert page.named("b") == [{}] * len(page.named("b"))
    assert not any("onload" in attributes for _, attributes in page.tags)
    assert page.text.count('alert("x")') >= 7
    assert "<script>cpu</script>" in page.text


def test_same_bytes_twice(tree: Tree, page: Page) -> None:
    out = tree.edition / "report.html"
    first = out.read_bytes()
    render(tree)
    assert out.read_bytes() == first


def test_damaged_files_are_named(tmp_path: Path) -> None:
    tree = make_results(tmp_path, artefacts=False)
    joined = tree.edition / "claims.csv"
    text = joined.read_text()
    joined.write_text(text.replace("verdict", "opinion", 1))
    with pytest.raises(InputError, match=r"claims\.csv: verdict: missing column"):
        render(tree)
    assert not (tree.edition / "report.html").exists()
    joined.write_text(text)
    shutil.copy(tree.claims, tree.edition / "corpora" / "wikipedia" / "manifest.csv")
    with pytest.raises(InputError, match=r"manifest\.csv: split: missing column"):
        render(tree)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (725, "12 min 5 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_corpus_that_no_run_used_is_labelled_by_its_source(tmp_path: Path) -> None:
    tree = make_results(tmp_path)
    unused = tree.edition / "corpora" / "sub_urmp"
    unused.mkdir(parents=True)
    (unused / "manifest.csv").write_text("clip,split,label\na,train,oboe\n")
    out = tmp_path / "report.html"
    content = EditionPage("t", {}, pages(), corpus_sources={"sub_urmp": "synthetic"})
    write_report(tree.edition, out, content)
    heading = out.read_text().split('id="corpus-sub_urmp">')[1].split("</h3>")[0]
    assert "stand-in data" in heading


def test_sounds_beside_a_figure_can_be_played_by_name(tmp_path: Path) -> None:
    tree = make_results(tmp_path)
    figure = "fig2_wikipedia_text_to_image"
    noise = np.random.default_rng(0).uniform(-1, 1, 4410).astype(np.float32)
    rows = ["violin", 'tuba" onplay="x']
    sounds = [Sound(row, column, noise) for row in rows for column in ("CMCGAN", "true sound")]
    write_listening(tree.paper / "figures" / f"{figure}.audio.json", sounds[:-1])
    page = render(tree)
    players = page.named("audio")
    assert [player["aria-label"] for player in players] == [
        "violin, CMCGAN",
        "violin, true sound",
        'tuba" onplay="x, CMCGAN',
    ]
    assert all("controls" in player and player["preload"] == "none" for player in players)
    assert all(player["src"].startswith("data:audio/mpeg;base64,") for player in players)
    assert not any("onplay" in attributes for _, attributes in page.tags)
    test_page_loads_nothing(page, tree)
    test_markup_can_be_read_aloud_and_walked_by_keyboard(page)
    for scope, name in [("col", "true sound"), ("row", "violin")]:
        assert {"scope": scope} in page.named("th")
        assert name in page.text


def test_a_figure_without_sounds_has_no_player(page: Page) -> None:
    assert page.named("audio") == []


def test_damaged_sounds_are_named(tmp_path: Path) -> None:
    tree = make_results(tmp_path)
    path = tree.paper / "figures" / "fig2_wikipedia_text_to_image.audio.json"
    path.write_text('[{"row": "violin", "column": "truth", "audio": "https://example.org/a"}]')
    with pytest.raises(InputError, match=r"listening\.json: holds an address"):
        render(tree)
