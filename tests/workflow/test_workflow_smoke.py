"""The smoke edition from end to end: what it leaves behind, and what an edit runs again."""

from __future__ import annotations

import csv
import json
import re
import time
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from fixture_workflow import ROOT, SMOKE, SNAKEMAKE, Project

SETTINGS: dict[str, Any] = yaml.safe_load((ROOT / "config/papers/hashing.yaml").read_text())
ARTEFACTS: dict[str, dict[str, str]] = SETTINGS["artefacts"]
METHODS = list(SETTINGS["methods"])
CORPORA = list(SETTINGS["corpora"])
AFTER_EVALUATION = {"hashing_collect", "hashing_artefacts", "hashing_claims", "report"}
EVALUATION = {f"hashing_evaluate_{corpus}" for corpus in CORPORA} | AFTER_EVALUATION
# It compares the models of all papers.
BENCHMARK = {
    *("benchmark_digits_0", "benchmark_articles_0"),
    *("benchmark_collect", "benchmark_artefacts"),
}
HASHING = "results/smoke/hashing"
PAPERS: list[str] = yaml.safe_load((ROOT / "config/config.yaml").read_text())["papers"]


def stages(stage: str, methods: list[str]) -> set[str]:
    return {f"hashing_{stage}_{corpus}_{method}" for corpus in CORPORA for method in methods}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def run_folders(project: Project) -> list[Path]:
    return sorted(path.parent for path in (project.root / HASHING).rglob("checkpoint.pt"))


def test_nothing_is_left_to_do(finished: Project) -> None:
    started = time.monotonic()
    ended = finished.call(SNAKEMAKE, "-n", *SMOKE)
    print(f"planning a finished edition: {time.monotonic() - started:.1f} s")
    assert ended.returncode == 0, ended.stderr
    assert "Nothing to be done" in ended.stdout + ended.stderr


def test_nothing_is_left_to_do_after_the_folder_moved(scratch: Project) -> None:
    assert scratch.planned(*SMOKE) == {}


@pytest.mark.parametrize("name", [n for n, a in ARTEFACTS.items() if a["kind"] == "figure"])
def test_every_figure_is_drawn_and_says_what_it_is(finished: Project, name: str) -> None:
    path = finished.root / HASHING / "figures" / f"{name}.svg"
    text = path.read_text(encoding="utf-8")
    paths = ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}path")
    assert sum(1 for _ in paths) > 20
    assert "stand-in" in text.lower()
    picture = path.with_suffix(".png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000


@pytest.mark.parametrize("name", [n for n, a in ARTEFACTS.items() if a["kind"] == "table"])
def test_every_table_has_rows_and_says_what_it_is(finished: Project, name: str) -> None:
    path = finished.root / HASHING / "tables" / f"{name}.csv"
    table = rows(path)
    assert len(table) >= 4
    markdown = path.with_suffix(".md").read_text(encoding="utf-8")
    assert markdown.count("\n|") >= len(table)
    assert "stand-in" in markdown.lower()


def test_every_claim_has_one_of_the_four_verdicts(finished: Project) -> None:
    stated = rows(ROOT / "config/claims/hashing.csv")
    judged = rows(finished.root / HASHING / "claims.csv")
    assert [row["claim"] for row in judged] == [row["claim"] for row in stated]
    verdicts = {"supported", "contradicted", "inconclusive", "not testable"}
    assert {row["verdict"] for row in judged} <= verdicts
    assert {row["source"] for row in judged} <= {"synthetic", ""}
    joined = rows(finished.root / "results/smoke/claims.csv")
    assert [row["claim"] for row in joined if row["paper"] == "hashing"] == [
        row["claim"] for row in stated
    ]


class Links(HTMLParser):
    """Collects every address that a browser would load by itself, and every text."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.anchors: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        loading = ("src", "srcset", "poster", "data", "background", "xlink:href")
        names = loading if tag == "a" else (*loading, "href", "action")
        self.loaded += [value for name in names if (value := given.get(name))]
        if tag == "a" and (address := given.get("href")):
            self.anchors.append(address)


def test_the_report_is_one_page_that_holds_everything(finished: Project) -> None:
    page = finished.root / "results/smoke/report.html"
    text = page.read_text(encoding="utf-8").replace("<wbr>", "")
    for name in ARTEFACTS:
        assert name in text, name
    for row in rows(ROOT / "config/claims/hashing.csv"):
        assert row["claim"] in text, row["claim"]
    assert "stand-in" in text.lower()
    links = Links()
    links.feed(text)
    assert [link[:80] for link in links.loaded if not link.startswith(("data:", "#"))] == []
    assert not re.search(r"url\(\s*['\"]?(?!data:|#|['\"]?data:)|@import|fetch\(", text)
    local = [link for link in links.anchors if not link.startswith(("#", "http", "data:"))]
    assert len(local) >= len(run_folders(finished))
    assert [link for link in local if not (page.parent / link).is_file()] == []


def test_every_run_says_where_it_came_from(finished: Project) -> None:
    folders = run_folders(finished)
    assert len(folders) > 30
    commit = finished.git("rev-parse", "HEAD")
    digests: dict[str, str] = {}
    for folder in folders:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert record["commit"] == commit
        assert record["dirty"] is False
        assert record["source"] == "synthetic"
        assert record["config"]["settings"]["hidden"] in (32, 512)
        assert len(record["inputs"]) == 4
        for name, digest in record["inputs"].items():
            if name not in digests:
                digests[name] = sha256((finished.root / name).read_bytes()).hexdigest()
            assert digests[name] == digest, (folder, name)
        for name in ("history.csv", "scores.npz", "metrics.csv", "curves.csv"):
            assert (folder / name).stat().st_size > 0, (folder, name)


def test_every_job_leaves_a_log_and_a_benchmark(finished: Project) -> None:
    jobs = sum(len(jobs) for jobs in finished.planned("--forceall", *SMOKE).values())
    assert jobs > 30
    for kind, suffix in (("logs", ".log"), ("benchmarks", ".tsv")):
        found = list((finished.root / kind / "smoke").rglob(f"*{suffix}"))
        assert len(found) == jobs
        assert all(path.stat().st_size > 0 for path in found)


def test_nothing_half_written_is_left(finished: Project) -> None:
    for folder in ("results", "data"):
        assert list((finished.root / folder).rglob("*.partial*")) == []


def test_a_comment_runs_nothing_again(scratch: Project) -> None:
    for name in ("papers/hashing/losses.py", "cli.py", "files.py"):
        path = scratch.root / "src/crossmodal" / name
        path.write_text(path.read_text() + "\n# A comment.\n")
    assert scratch.planned(*SMOKE) == {}


def edited(project: Project, name: str) -> set[str]:
    """Change the code of a module and return the rules that run again."""
    path = project.root / "src/crossmodal" / name
    path.write_text(path.read_text() + "\nEXTRA = 1\n")
    return set(project.planned(*SMOKE))


def test_a_loss_runs_training_and_what_follows_again(scratch: Project) -> None:
    training = stages("tune", METHODS) | stages("train", METHODS)
    assert edited(scratch, "papers/hashing/losses.py") == training | EVALUATION | BENCHMARK


def test_the_look_of_figures_runs_only_figures_again(scratch: Project) -> None:
    assert edited(scratch, "reporting/style.py") == {
        *(f"{part}_artefacts" for part in (*PAPERS, "benchmark")),
        "report",
    }


def test_the_texts_of_a_paper_run_only_the_report_again(scratch: Project) -> None:
    assert edited(scratch, "papers/hashing/__init__.py") == {"report"}


def test_the_form_of_manifests_runs_them_again(scratch: Project) -> None:
    assert {"manifest", "features"} <= edited(scratch, "corpora/manifest.py")


def test_a_setting_of_one_method_runs_only_that_method_again(finished: Project) -> None:
    overrides = 'overrides={"hashing": {"methods": {"ours": {"hidden": 16}}}}'
    planned = finished.planned(*SMOKE, overrides)
    own = stages("tune", ["ours"]) | stages("train", ["ours"])
    assert set(planned) == own | EVALUATION


def test_a_title_or_protocol_trains_nothing_again(finished: Project) -> None:
    title = 'overrides={"hashing": {"families": {"ours": {"title": "Other"}}}}'
    assert set(finished.planned(*SMOKE, title)) == {"hashing_artefacts", "report"}
    ties = 'overrides={"hashing": {"protocol": {"ties": "stable"}}}'
    assert set(finished.planned(*SMOKE, ties)) == EVALUATION


def test_another_seed_trains_and_searches_nothing_again_before_it(finished: Project) -> None:
    others = tuple(f"{part}_" for part in (*PAPERS, "benchmark") if part != "hashing")
    planned = finished.planned(*SMOKE, "seeds=[0,1]")
    assert {rule for rule in planned if not rule.startswith(others)} == stages(
        "train", METHODS
    ) | EVALUATION


def test_another_claim_judges_again_and_nothing_else(scratch: Project) -> None:
    path = scratch.root / "config/claims/hashing.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    assert set(scratch.planned(*SMOKE)) == {"hashing_claims", "report"}
