"""Every number of the report leads to its runs; jobs and parts that lack are accounted for."""

from __future__ import annotations

import copy
import dataclasses
import shutil
from pathlib import Path

import pandas as pd
import pytest
from fixture_page import Page, flat, render
from fixture_results import Tree, make_results, pages

from crossmodal.reporting.provenance import Record, RunIndex
from crossmodal.reporting.report import EditionPage, write_report


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return make_results(tmp_path_factory.mktemp("provenance"))


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
    assert found[claim] == "hashing/wikipedia/ours hashing/wikipedia/dssah"
    assert f"6 runs: {claim}" in page.text
    table = pd.read_csv(tree.paper / "tables" / "table1_wikipedia_image_to_text.csv")
    for number, group in enumerate(table["runs"], start=1):
        what = f"Table 1: Wikipedia, image to text, row {number}"
        assert found[what] == f"hashing/{group}"
    assert found["Figure 2: Wikipedia, text to image"].split() == sorted(
        {f"hashing/{group}" for group in table["runs"]},
        key=[f"hashing/{group}" for group in table["runs"]].index,
    )


def index_of(records: list[Record], tmp_path: Path) -> RunIndex:
    return RunIndex({"hashing": records}, tmp_path / "report.html")


def test_runs_tell_settings_and_data_apart(tree: Tree, tmp_path: Path) -> None:
    records = copy.deepcopy(tree.results.records)
    ours = [record for _, record in records if record["variant"] == "ours"]
    ours[1]["inputs"] = {"a": "0f"}
    found = index_of(records, tmp_path).runs
    own = [run for run in found if run["group"] == "hashing/wikipedia/ours"]
    assert len({run["settings"] for run in own}) == 1
    assert [run["data"] == own[0]["data"] for run in own] == [True, False, True]
    other = next(run for run in found if run["variant"] == "cvh")
    assert other["settings"] != own[0]["settings"]


def test_a_task_of_the_benchmark_names_the_corpus_it_is_made_of(tree: Tree, tmp_path: Path) -> None:
    records = copy.deepcopy(tree.results.records)
    records[0][1]["config"] = {"task": {"corpus": "av_digits"}}
    sources = index_of(records, tmp_path).sources()
    assert "av_digits" in {name for names in sources.values() for name in names}


def test_cost_of_the_jobs_is_shown(tree: Tree, tmp_path: Path) -> None:
    head = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
    for name, row in {
        "train/hashing/wikipedia/ours/seed0": "100.0\t0:01:40\t2048.0\t0\t0\t0\t0\t0\t99\t95.0\n",
        "train/hashing/wikipedia/cvh/seed0": "20.0\t0:00:20\t512.0\t0\t0\t0\t0\t0\t99\t15.0\n",
        "claims/hashing": "0.3\t0:00:00\tNA\tNA\tNA\tNA\tNA\tNA\tNA\tNA\n",
        "synthesize/wikipedia": "3.0\t0:00:03\t100.0\t0\t0\t0\t0\t0\t99\t2.5\n",
        "tune/hashing/wikipedia/ours": "1.0\t0:00:01\t10.0\t0\t0\t0\t0\t0\t99\t1.0\n",
        "features/damaged": "no benchmark\n1\n",
    }.items():
        path = tmp_path / "benchmarks" / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(head + row if "damaged" not in name else row)
    text = flat(render(tree, benchmarks=tmp_path / "benchmarks")).replace(" ", "")
    title = "Cross-modalsemanticmatchingandhashing"
    assert (
        f"{title}42min1s1min51s2.0train22min0s1min50s2.0tune11.0s1.0s0.0claims10.3s0.0s0.0" in text
    )
    assert "Corporaandreport13.0s2.5s0.1synthesize" in text
    assert "Everything52min4s1min54s2.0" in text
    assert "1benchmarkfilecouldnotberead" in text


def test_without_benchmarks_the_cost_is_that_of_the_runs(page: Page) -> None:
    assert "All jobs" not in page.text
    assert "All papers" in page.text


def test_a_paper_that_no_data_can_serve_says_why(tree: Tree) -> None:
    reason = "Nobody speaks a caption in these videos."
    papers = [pages()[0], dataclasses.replace(pages()[1], unserved=reason)]
    text = flat(render(tree, papers))
    assert f"The data of this edition cannot serve this paper. {reason}" in text
    assert "fig1_recall" not in text
    assert text.count(reason) == 2  # in the scorecard and in its own part


def test_the_benchmark_is_a_part_of_its_own(tree: Tree) -> None:
    shutil.copytree(tree.paper, tree.edition / "benchmark")
    out = tree.edition / "report.html"
    benchmark = dataclasses.replace(pages()[0], id="benchmark", title="All methods", missing=[])
    records = {"hashing": tree.results.records, "benchmark": tree.results.records}
    write_report(tree.edition, out, EditionPage("t", {}, pages(), benchmark=benchmark), records)
    page = Page(out.read_text(encoding="utf-8"))
    assert "#paper-benchmark" in [link.get("href") for link in page.named("a")]
    found = [groups for what, groups in linked(page) if groups.startswith("benchmark/")]
    assert len(found) > 15
    scorecard = page.text[page.text.index("Scorecard") : page.text.index("numbered claim")]
    assert "All methods" not in scorecard.split("Verdicts counted by paper")[1]
