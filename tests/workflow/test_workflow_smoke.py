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
CORPORA = list(SETTINGS["corpora"])
VARIANTS = list(SETTINGS["variants"])
HASHING = "results/smoke/hashing"
PAPERS = sorted(path.stem for path in (ROOT / "config/papers").glob("*.yaml"))
RUNS = len(CORPORA) * len(VARIANTS)
SEARCHES = len(CORPORA) * len(SETTINGS["methods"])
AFTER_TRAINING = {
    "evaluate hashing": len(CORPORA),
    "claims hashing": 1,
    "hashing_artefacts": 1,
    "report": 1,
}
TRAINING = {"tune hashing": SEARCHES, "train hashing": RUNS}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def run_folders(project: Project) -> list[Path]:
    return sorted(path.parent for path in (project.root / HASHING).glob("runs/*/*/seed*/run.json"))


def test_the_screen_is_short_and_says_how_far_it_is(finished: Project) -> None:
    screen = (finished.root.parent / "screen.txt").read_text()
    lines = screen.splitlines()
    assert len(screen.encode()) < 20_000
    assert max(map(len, lines)) <= 200
    assert re.search(r"^ *\d+%  train cmcgan .* seed0, \d+ s  \(about .* left\)$", screen, re.M)
    assert re.fullmatch(r"Done: \d+ jobs in .*\. Open results/smoke/report.html", lines[-2])
    assert (finished.root / lines[-1].removeprefix("Everything else: ")).is_file()


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
    assert len(folders) == RUNS
    commit = finished.git("rev-parse", "HEAD")
    digests: dict[str, str] = {}
    for folder in folders:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert record["commit"] == commit
        assert record["dirty"] is False
        assert record["source"] == "synthetic"
        assert record["checkpoint"] == sha256((folder / "checkpoint.pt").read_bytes()).hexdigest()
        assert len(record["inputs"]) == 4
        for name, digest in record["inputs"].items():
            if name not in digests:
                digests[name] = sha256((finished.root / name).read_bytes()).hexdigest()
            assert digests[name] == digest, (folder, name)


def test_a_run_is_a_target_and_a_deleted_file_is_made_again(scratch: Project) -> None:
    target = f"{HASHING}/runs/wikipedia/cvh/seed0/checkpoint.pt"
    before = (scratch.root / target).read_bytes()
    (scratch.root / target).unlink()
    ended = scratch.run_once("--cores", "1", target, *SMOKE)
    assert ended.returncode == 0, ended.stderr
    assert (scratch.root / target).read_bytes() == before


def test_every_job_leaves_a_log_and_a_benchmark(finished: Project) -> None:
    jobs = sum(finished.again("--forceall", *SMOKE).values())
    assert jobs > 100
    for kind, suffix in (("logs", ".log"), ("benchmarks", ".tsv")):
        found = list((finished.root / kind / "smoke").rglob(f"*{suffix}"))
        assert len(found) == jobs
        assert all(path.stat().st_size > 0 for path in found)


def test_nothing_half_written_is_left(finished: Project) -> None:
    for folder in ("results", "data"):
        assert list((finished.root / folder).rglob("*.partial*")) == []


def test_what_decides_nothing_runs_nothing_again(scratch: Project) -> None:
    source = scratch.root / "src/crossmodal"
    for name in ("papers/hashing/losses.py", "cli.py", "files.py"):
        path = source / name
        path.write_text(path.read_text() + "\n# A comment.\n")
    edit(scratch, "progress.py", "delay=1.0", "delay=2.0")
    edit(scratch, "training.py", '"""The loop of every training', '"""A loop')
    assert scratch.again(*SMOKE) == {}


def edit(project: Project, name: str, old: str, new: str) -> None:
    """Change the source of a module."""
    path = project.root / "src/crossmodal" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_loss_runs_its_paper_again(scratch: Project) -> None:
    path = scratch.root / "src/crossmodal/papers/hashing/losses.py"
    path.write_text(path.read_text().replace("    return ", "    return 1.0 * "))
    benchmark = {"benchmark": 2, "benchmark_artefacts": 1}
    assert scratch.again(*SMOKE) == TRAINING | AFTER_TRAINING | benchmark


def test_what_resolves_settings_runs_every_training_again(scratch: Project) -> None:
    edit(scratch, "config.py", "    merged = dict(base)", "    merged = {**base}")
    again = scratch.again(*SMOKE)
    assert {f"train {paper}" for paper in PAPERS} <= set(again)
    assert not {"synthesize", "manifest", "align", "features"} & set(again)


def test_a_reader_runs_what_its_corpus_leads_to_again(scratch: Project) -> None:
    edit(scratch, "corpora/nuswide10k.py", "def read(", "READ = 1\n\n\ndef read(")
    assert scratch.again(*SMOKE) == {}
    path = scratch.root / "src/crossmodal/corpora/nuswide10k.py"
    lines = path.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("def read("))
    first = next(n for n, line in enumerate(lines) if n > start and line.startswith("    return "))
    lines.insert(first, "    assert True")
    path.write_text("\n".join(lines) + "\n")
    again = scratch.again(*SMOKE)
    assert again["manifest"] == 1
    assert again["train hashing"] == len(VARIANTS)
    assert not {"synthesize", "align"} & set(again)
    assert {name for name in again if name.startswith("train")} == {"train hashing"}


def test_the_look_of_figures_runs_only_figures_again(scratch: Project) -> None:
    edit(scratch, "reporting/style.py", "_PNG_DPI = 200", "_PNG_DPI = 201")
    drawn = {f"{part}_artefacts" for part in (*PAPERS, "benchmark")}
    assert set(scratch.again(*SMOKE)) == drawn | {"report"}


def test_the_texts_of_a_paper_run_only_the_report_again(scratch: Project) -> None:
    edit(scratch, "papers/hashing/__init__.py", 'TITLE = "', 'TITLE = "On ')
    assert set(scratch.again(*SMOKE)) == {"report"}


def test_a_setting_of_one_method_runs_only_that_method_again(finished: Project) -> None:
    overrides = 'overrides={"hashing": {"methods": {"ours": {"hidden": 16}}}}'
    mine = sum(entry["method"] == "ours" for entry in SETTINGS["variants"].values())
    searched_and_trained = {"tune hashing": len(CORPORA), "train hashing": len(CORPORA) * mine}
    again = finished.again(*SMOKE, overrides)
    assert again == searched_and_trained | AFTER_TRAINING


def test_a_title_or_protocol_trains_nothing_again(finished: Project) -> None:
    title = 'overrides={"hashing": {"variants": {"ours": {"title": "Other"}}}}'
    assert set(finished.again(*SMOKE, title)) == {"hashing_artefacts", "report"}
    ties = 'overrides={"hashing": {"protocol": {"ties": "stable"}}}'
    assert set(finished.again(*SMOKE, ties)) == set(AFTER_TRAINING)


def test_another_seed_trains_that_seed_alone(finished: Project) -> None:
    again = finished.again(*SMOKE, "seeds=[0,1]")
    assert again["train hashing"] == RUNS
    assert "tune hashing" not in again


def test_another_claim_is_assessed_again_and_nothing_else(scratch: Project) -> None:
    path = scratch.root / "config/claims/hashing.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    assert set(scratch.again(*SMOKE)) == {"claims hashing", "report"}


@pytest.mark.parametrize(
    "name",
    [
        f"{HASHING}/tables/table_protocols.md",
        f"{HASHING}/figures/fig1_networks.png",
        f"{HASHING}/claims.csv",
        f"{HASHING}/metrics/wikipedia.csv",
        f"{HASHING}/runs/wikipedia/cvh/seed0/history.csv",
        "results/smoke/corpora/wikipedia/leakage.csv",
        "results/smoke/corpora/sub_urmp/cmcgan/log_mel.npy",
        "results/smoke/benchmark/runs/articles/cca/trials.csv",
    ],
)
def test_what_is_absent_is_made_again(scratch: Project, name: str) -> None:
    (scratch.root / name).unlink()
    planned = scratch.planned(*SMOKE)
    assert any(name in outputs for jobs in planned.values() for outputs in jobs)


def test_rules_are_few_and_their_names_are_stages(fresh: Project) -> None:
    ended = fresh.call(SNAKEMAKE, "--cores", "1", "--list", "--config", "edition=demo")
    names = [line for line in ended.stdout.splitlines() if re.fullmatch(r"\w+", line)]
    assert len(names) <= 30
    assert {"synthesize", "align", "features", "tune", "train", "evaluate", "claims"} <= set(names)
    assert not [name for name in names if re.search(r"\d", name)]


def test_stages_are_addressed_by_name(fresh: Project) -> None:
    until = fresh.again("--until", "train", "--set-resources", "train:mem_mb=123", *SMOKE)
    assert "train cmcgan" in until
    assert not {name for name in until if name.startswith(("evaluate", "claims", "report"))}
