"""Every number of the report leads to its runs; jobs and parts that lack are accounted for."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pandas as pd
import pytest
from fixture_page import Page, flat, render
from fixture_results import Tree, make_results, pages

from crossmodal.reporting.provenance import Ledger
from crossmodal.reporting.report import EditionPage, write_report


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return make_results(tmp_path_factory.mktemp("provenance"))


@pytest.fixture
def own(tree: Tree, tmp_path: Path) -> Tree:
    """A copy of the results that a test may change."""
    edition = shutil.copytree(tree.edition, tmp_path / "results")
    return Tree(edition, edition / tree.paper.name, tree.claims)


@pytest.fixture(scope="module")
def page(tree: Tree) -> Page:
    return render(tree)


def linked(page: Page) -> list[tuple[str, str]]:
    """Return (what, run groups) of every link to the runs behind a number."""
    links = [link for link in page.named("a") if "data-runs" in link]
    return [(link["data-what"], link["data-runs"]) for link in links]


def test_every_number_leads_to_its_runs(page: Page, tree: Tree) -> None:
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert all(link["href"][1:] in ids for link in page.named("a") if "data-runs" in link)
    groups = {row["data-group"] for row in page.named("tr") if "data-group" in row}
    found = dict(linked(page))
    assert all(set(named.split()) <= groups for named in found.values())
    claim = "claim 1.wikipedia.i2t.16.ours-dssah"
    assert found[claim] == "hashing/wikipedia/ours_16 hashing/wikipedia/dssah_16"
    assert f"6 runs: {claim}" in page.text
    table = pd.read_csv(tree.paper / "tables" / "table1_wikipedia_image_to_text.csv")
    for number, group in enumerate(table["runs"], start=1):
        what = f"Table 1: Wikipedia, image to text, row {number}"
        assert found[what] == f"hashing/{group}"
    assert found["Figure 2: Wikipedia, text to image"].split() == sorted(
        {f"hashing/{group}" for group in table["runs"]},
        key=[f"hashing/{group}" for group in table["runs"]].index,
    )


def test_runs_tell_settings_and_data_apart(own: Tree) -> None:
    seeds = [own.paper / "runs" / "wikipedia" / "ours_16" / f"seed{k}" for k in range(3)]
    changed = seeds[1] / "run.json"
    changed.write_text(changed.read_text().replace('"inputs": {}', '"inputs": {"a": "0f"}'))
    rows = Ledger(own.edition, ["hashing"], own.edition / "report.html")
    ours = [run for run in rows.runs if run["group"] == "hashing/wikipedia/ours_16"]
    assert len({run["settings"] for run in ours}) == 1
    assert [run["data"] == ours[0]["data"] for run in ours] == [True, False, True]
    other = next(run for run in rows.runs if run["variant"] == "ours_32")
    assert other["settings"] != ours[0]["settings"]


def test_a_task_of_the_benchmark_names_the_corpus_it_is_made_of(own: Tree) -> None:
    record = own.paper / "runs" / "wikipedia" / "ours_16" / "seed1" / "run.json"
    config = '"config": {"task": {"corpus": "av_digits"}, '
    record.write_text(record.read_text().replace('"config": {', config))
    rows = Ledger(own.edition, ["hashing"], own.edition / "report.html")
    assert "av_digits" in {name for names in rows.sources().values() for name in names}


def test_cost_of_the_jobs_is_shown(own: Tree, tmp_path: Path) -> None:
    head = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
    for name, row in {
        "hashing_train/wikipedia/ours": "100.0\t0:01:40\t2048.0\t0\t0\t0\t0\t0\t99\t95.0\n",
        "hashing_train/wikipedia/cvh": "20.0\t0:00:20\t512.0\t0\t0\t0\t0\t0\t99\t15.0\n",
        "hashing_collect": "0.3\t0:00:00\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA\n",
        "synthesize/wikipedia": "3.0\t0:00:03\t100.0\t0\t0\t0\t0\t0\t99\t2.5\n",
        "hashing/wikipedia": "1.0\t0:00:01\t10.0\t0\t0\t0\t0\t0\t99\t1.0\n",
        "features/damaged": "no benchmark\n1\n",
    }.items():
        path = tmp_path / "benchmarks" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + row if "damaged" not in name else row)
    text = flat(render(own, benchmarks=tmp_path / "benchmarks")).replace(" ", "")
    title = "Cross-modalsemanticmatchingandhashing"
    assert f"{title}42min1s1min51s2.0train32min1s1min51s2.0collect10.3s0.0s0.0" in text
    assert "Corporaandreport13.0s2.5s0.1synthesize" in text
    assert "Everything52min4s1min54s2.0" in text
    assert "1benchmarkfilecouldnotberead" in text


def test_without_benchmarks_the_cost_is_that_of_the_runs(page: Page) -> None:
    assert "All jobs" not in page.text
    assert "All papers" in page.text


def test_a_paper_that_no_data_can_serve_says_why(own: Tree) -> None:
    reason = "Nobody speaks a caption in these videos."
    papers = [pages()[0], dataclasses.replace(pages()[1], unserved=reason)]
    text = flat(render(own, papers))
    assert f"The data of this edition cannot serve this paper. {reason}" in text
    assert "fig1_recall" not in text
    assert text.count(reason) == 2  # in the scorecard and in its own part


def test_the_benchmark_is_a_part_of_its_own(own: Tree) -> None:
    shutil.copytree(own.paper, own.edition / "benchmark")
    out = own.edition / "report.html"
    benchmark = dataclasses.replace(pages()[0], id="benchmark", title="All methods", missing=[])
    write_report(own.edition, out, EditionPage("t", {}, pages(), benchmark=benchmark))
    page = Page(out.read_text(encoding="utf-8"))
    assert "#paper-benchmark" in [link.get("href") for link in page.named("a")]
    found = [groups for what, groups in linked(page) if groups.startswith("benchmark/")]
    assert len(found) > 15
    scorecard = page.text[page.text.index("Scorecard") : page.text.index("numbered claim")]
    assert "All methods" not in scorecard.split("Verdicts counted by paper")[1]
