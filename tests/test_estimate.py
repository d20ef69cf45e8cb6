from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crossmodal.config import known_papers
from crossmodal.corpora.registry import load_registry
from crossmodal.errors import InputError
from crossmodal.estimate import (
    KEY_COLUMNS,
    MEASURED,
    Line,
    count_pairs,
    download_bytes,
    estimate,
    read_costs,
    show_estimate,
)
from crossmodal.windows import KINDS, bytes_per_window
from crossmodal.workspace import Workspace

CONFIG = Path(__file__).resolve().parents[1] / "config"
PAIRS = {"train": 1000, "validation": 100, "test": 10}


def workspace(edition: str, results: Path, config: Path = CONFIG, **settings: Any) -> Workspace:
    values = {"edition": edition, "results": str(results), **settings}
    found = Workspace.of(values, config)
    absent = {name: why for name, why in found.missing.items() if name not in found.edition.corpora}
    return replace(found, missing=absent)


def seen(paper: str, variant: str, overrides: dict[str, Any] | None = None) -> dict[str, float]:
    found = workspace("public", Path("none"), overrides={paper: overrides or {}})
    plan = found.plan(paper)
    return plan.examples_seen(plan.settings.corpora[0], variant, PAIRS)


def test_captions_take_every_training_caption_once_an_epoch() -> None:
    assert seen("captions", "tcn") == {"train": 90 * 1000}


def test_a_generator_of_all_songs_learns_from_all_of_them() -> None:
    assert seen("cmcgan", "cmcgan") == {"train": 200 * 1000}
    assert seen("cmcgan", "everything") == {"train": 200 * 1110}
    assert seen("cmcgan", "s2ic")["source"] == 50 * 1000


def test_clips_of_the_validation_part_are_learned_from_where_the_last_epoch_is_kept() -> None:
    assert seen("msvae", "written") == {"train": 8 * 1100}
    assert seen("msvae", "validated") == {"train": 100 * 1000}
    # Of people parted anew: a fifth in the test, a tenth in validation.
    assert seen("msvae", "corrected_identity") == {"train": 8 * 888}
    assert seen("msvae", "validated_identity") == {"train": 100 * 777}


def test_the_search_of_hashing_counts_every_candidate() -> None:
    search = {"search": {"ours": {"layers": [1, 2], "epochs": [10, 30]}}}
    seeds = len(workspace("public", Path("none")).seeds)
    found = seen("hashing", "ours", search)["train"]
    assert found == pytest.approx(30 * 3 * 1000 + 2 * (10 + 30) * 1000 / seeds)


def write_manifest(path: Path, *splits: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("clip,split\n" + "".join(f"c{n},{s}\n" for n, s in enumerate(splits)))


def test_rows_of_a_manifest_count_before_what_was_published(tmp_path: Path) -> None:
    paper = workspace("paper", tmp_path)
    assert count_pairs(paper, "voxceleb1", "msvae")["test"] == 8251
    folder = paper.results.corpus("voxceleb1", "msvae")
    write_manifest(folder / "manifest.csv", "train", "test", "test")
    counted = count_pairs(paper, "voxceleb1", "msvae")
    assert counted == {"train": 1, "validation": 0, "test": 2}


def test_a_stand_in_that_was_not_made_yet_has_no_known_number(tmp_path: Path) -> None:
    assert count_pairs(workspace("smoke", tmp_path), "voxceleb1", "msvae") == {}


def test_the_size_of_a_download_is_known_only_when_that_of_all_parts_is() -> None:
    registry = load_registry(CONFIG / "corpora.yaml")
    assert download_bytes(registry.corpus("wikipedia"), []) == 100_000_000
    assert download_bytes(registry.corpus("wikipedia"), ["media"]) == 1_100_000_000
    assert download_bytes(registry.corpus("sub_urmp"), []) is None


def test_windows_of_every_kind_take_disk(tmp_path: Path) -> None:
    """Of the digits too, which have two kinds."""
    demo = workspace("demo", tmp_path)
    of = {corpus: demo.windows(corpus) for corpus in demo.corpora}
    cut = {(corpus, kind) for corpus, kinds in of.items() for kind in kinds}
    for corpus, kind in cut:
        write_manifest(demo.results.corpus(corpus, kind) / "manifest.csv", "train", "test")
    assert {kind for _, kind in cut} == set(KINDS)
    corpora = estimate(demo, tmp_path, 10)[0]
    expected = 2e-9 * sum(bytes_per_window(kind) for _, kind in cut)
    assert corpora.disk_gb == pytest.approx(expected)
    assert not [note for note in corpora.notes if "not known yet" in note]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The settings, with costs of the msvae paper alone."""
    copied: Path = shutil.copytree(CONFIG, tmp_path / "config")
    variants = workspace("paper", tmp_path).paper_settings("msvae").variants
    rows = [f"paper,msvae,voxceleb1,{name},train,0.001,0.5,1000000,64,cpu" for name in variants]
    head = ",".join((*KEY_COLUMNS, *MEASURED))
    (copied / "costs.csv").write_text("\n".join((head, *rows)) + "\n")
    return copied


def by_name(lines: list[Line]) -> dict[str, Line]:
    return {line.name: line for line in lines}


def test_hours_and_disk_follow_from_costs_and_settings(config: Path, tmp_path: Path) -> None:
    given = {"papers": ["msvae"], "seeds": [0], "overrides": {"benchmark": {"tasks": []}}}
    paper = workspace("paper", tmp_path / "results", config, **given)
    lines = by_name(estimate(paper, tmp_path, gpu_tflops=10))
    plan, msvae = paper.plan("msvae"), lines["msvae"]
    published = {"train": 138_361, "validation": 6904, "test": 8251}
    examples = sum(
        sum(plan.examples_seen("voxceleb1", variant, published).values())
        for variant in plan.variants("voxceleb1")
    )
    assert msvae.core_hours == pytest.approx(examples * 0.001 / 3600)
    # Half a GFLOP at 10 TFLOP/s takes 50 microseconds.
    assert msvae.gpu_hours == pytest.approx(examples * 50e-6 / 3600)
    # Every run is a job; then one evaluates, one draws and one assesses claims.
    assert (msvae.runs, msvae.jobs) == (12, 12 + 3)
    assert msvae.disk_gb == pytest.approx(12 * 4e-3)
    assert lines["all"].core_hours == msvae.core_hours
    assert lines["all"].jobs == sum(line.jobs for name, line in lines.items() if name != "all")


def test_what_was_not_measured_is_not_known_and_neither_is_the_sum(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "estimate.csv"
    measured = tmp_path / "benchmarks" / "paper" / "train" / "msvae" / "voxceleb1"
    measured.mkdir(parents=True)
    for name, seconds in (("0", "1800"), ("1", "NA")):
        text = f"s\tcpu_time\tmax_rss\n9\t{seconds}\t1\n"
        (measured / f"{name}.tsv").write_text(text)
    found = workspace("paper", tmp_path / "results", config, papers=["captions", "msvae"])
    show_estimate(found, tmp_path / "benchmarks", 10, out)
    with out.open(newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    columns = ["jobs", "runs", "core_hours", "gpu_hours", "ran_core_hours", "disk_gb"]
    assert list(rows["all"]) == ["name", *columns]
    assert rows["captions"]["core_hours"] == "" == rows["all"]["core_hours"]
    assert float(rows["msvae"]["core_hours"]) > 0
    assert (rows["msvae"]["ran_core_hours"], rows["captions"]["ran_core_hours"]) == ("0.5", "")
    said = capsys.readouterr().out
    assert "captions: not measured at these sizes" in said
    assert "GPU hours:  NOT measured: counted arithmetic at an assumed 10 TFLOP/s" in said
    assert "sub_urmp: size of the download not known" in said


def test_corpora_that_are_not_at_hand_are_counted(config: Path, tmp_path: Path) -> None:
    paper = workspace("paper", tmp_path, config)
    without = replace(paper, missing={**paper.missing, "voxceleb1": "not brought"})
    notes = by_name(estimate(without, tmp_path, 10))["corpora"].notes
    assert "voxceleb1: not at hand, and counted as if it were" in notes
    runs = [by_name(estimate(one, tmp_path, 10))["msvae"].runs for one in (paper, without)]
    assert runs[0] == runs[1] > 0


def test_a_damaged_table_of_costs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_text("edition,paper\npaper,msvae\n")
    with pytest.raises(InputError, match=r"costs\.csv: cannot be read .* Measure again"):
        read_costs(path, "paper")
    with pytest.raises(InputError, match="cannot be read"):
        read_costs(tmp_path / "none.csv", "paper")


def test_the_table_of_costs_holds_every_training_of_the_paper_edition(tmp_path: Path) -> None:
    paper, costs = workspace("paper", tmp_path), read_costs(CONFIG / "costs.csv", "paper")
    for name in known_papers(CONFIG):
        plan = paper.plan(name)
        for corpus in set(plan.corpora()) & set(paper.edition.corpora):
            for variant in plan.variants(corpus):
                for phase in plan.examples_seen(corpus, variant, PAIRS):
                    assert costs[name, corpus, variant, phase].seconds > 0
