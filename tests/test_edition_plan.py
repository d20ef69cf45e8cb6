from __future__ import annotations

import csv
import importlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from crossmodal.config import load_edition, resolve
from crossmodal.corpora.registry import load_registry
from crossmodal.costs import COLUMNS as KEY_COLUMNS
from crossmodal.costs import MEASURED, Work, read_costs
from crossmodal.edition_plan import (
    COLUMNS,
    download_bytes,
    examples_of,
    plan,
    show_plan,
)
from crossmodal.errors import InputError
from crossmodal.job_counts import jobs_of, ran_hours, read_jobs

PAPERS = ["captions", "cmcgan", "facevoice", "hashing", "msvae"]
EXAMPLES = {"train": 1000, "validation": 100, "test": 10}
TABLE = """Building DAG of jobs...
Job stats:
job                 count
----------------  -------
old                     7
total                   7

Job stats:
job                 count
----------------  -------
download                6
msvae_train_voxceleb1_published    1
msvae_collect           1
report                  1
all                     1
total                  10

Reasons:
    (check individual jobs above for details)
"""


def work_of(paper: str, **overrides: Any) -> list[Work]:
    model = importlib.import_module(f"crossmodal.papers.{paper}.settings").PaperSettings
    settings = resolve(model, paper, load_edition("public"), overrides)
    work = importlib.import_module(f"crossmodal.papers.{paper}.work").work
    found: list[Work] = work(settings, "corpus", [0, 1], EXAMPLES)
    return found


def only(found: list[Work], family: str, stage: str = "train") -> Work:
    (item,) = [item for item in found if (item.family, item.stage) == (family, stage)]
    return item


@pytest.mark.parametrize("paper", PAPERS)
def test_every_family_leaves_a_checkpoint_a_seed(paper: str) -> None:
    per_family: dict[str, int] = {}
    for item in work_of(paper):
        per_family[item.family] = per_family.get(item.family, 0) + item.checkpoints
    if paper == "hashing":
        assert (per_family["ours"], per_family["semantic"]) == (2 * 3, 2)
    else:
        assert set(per_family.values()) == {2}


def test_captions_take_every_training_caption_once_an_epoch() -> None:
    assert only(work_of("captions"), "tcn").examples == 2 * 90 * 1000


def test_a_generator_of_all_songs_learns_from_all_of_them() -> None:
    found = work_of("cmcgan")
    assert only(found, "cmcgan").examples == 2 * 200 * 1000
    assert only(found, "everything").examples == 2 * 200 * 1110
    assert only(found, "s2ic", "source").examples == 2 * 50 * 1000


def test_clips_of_the_validation_part_are_learned_from_where_the_last_epoch_is_kept() -> None:
    found = work_of("msvae")
    assert only(found, "written").examples == 2 * 8 * 1100
    assert only(found, "validated").examples == 2 * 100 * 1000
    # Of people dealt anew: a fifth in the test, a tenth in validation.
    assert only(found, "corrected_identity").examples == 2 * 8 * 888
    assert only(found, "validated_identity").examples == 2 * 100 * 777


def test_variants_share_a_first_phase_and_the_search_has_its_own() -> None:
    found = work_of("facevoice", tuning={"margins": [0.1, 0.2], "seeds": [0]})
    ours = [item.examples for item in found if item.family == "ours" and item.stage == "first"]
    assert sorted(ours) == [300 * 15_000, 2 * 300 * 15_000]
    assert not [item for item in found if item.family == "margin_1" and item.stage == "first"]
    second = [item.examples for item in found if item.family == "ours" and item.stage == "second"]
    assert sorted(second) == [2 * 50 * 20_000, 2 * 50 * 20_000]


def test_the_search_of_hashing_counts_every_candidate() -> None:
    found = work_of("hashing", search={"ours": {"layers": [1, 2], "epochs": [10, 30]}})
    assert only(found, "ours").examples == 2 * (10 + 30) * 1000 + 30 * 2 * 3 * 1000
    # Without a network: 10 candidates, then each code length and seed, every pair once.
    assert only(found, "cvh").examples == (10 + 2 * 3) * 1000


def test_the_last_table_of_jobs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "jobs.txt"
    path.write_text(TABLE)
    jobs = read_jobs(path)
    assert sum(jobs.values()) == 10
    assert "old" not in jobs
    assert [jobs_of(rule, ["msvae"]) for rule in jobs] == [
        *("corpora", "msvae", "msvae", "report", "report"),
    ]


@pytest.mark.parametrize("text", ["", "Nothing to be done.", TABLE.replace("   10\n", "   11\n")])
def test_what_holds_no_table_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "jobs.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"holds no table of jobs\. Run: make plan"):
        read_jobs(path)


def test_rows_of_a_manifest_count_before_what_was_published(tmp_path: Path) -> None:
    edition = load_edition("paper")
    corpus = load_registry(Path("config/corpora.yaml")).corpus("voxceleb1")
    assert examples_of("voxceleb1", edition, corpus, tmp_path)["test"] == 8251
    path = tmp_path / "corpora" / "voxceleb1" / "msvae" / "manifest.csv"
    path.parent.mkdir(parents=True)
    path.write_text("clip,split\na,train\nb,test\nc,test\n")
    counted = examples_of("voxceleb1", edition, corpus, tmp_path)
    assert counted == {"train": 1, "validation": 0, "test": 2}


def test_a_stand_in_that_was_not_made_yet_has_no_known_number(tmp_path: Path) -> None:
    corpus = load_registry(Path("config/corpora.yaml")).corpus("voxceleb1")
    assert examples_of("voxceleb1", load_edition("smoke"), corpus, tmp_path) == {}


def test_the_size_of_a_download_is_known_only_when_that_of_all_parts_is() -> None:
    registry = load_registry(Path("config/corpora.yaml"))
    assert download_bytes(registry.corpus("wikipedia"), []) == 100_000_000
    assert download_bytes(registry.corpus("wikipedia"), ["media"]) == 1_100_000_000
    assert download_bytes(registry.corpus("sub_urmp"), []) is None


def test_hours_of_jobs_that_ran_are_added_up_by_rule(tmp_path: Path) -> None:
    for name, seconds in (("cmcgan_train/sub_urmp/0", "1800"), ("cmcgan_train/sub_urmp/1", "NA")):
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tcpu_time\n9\t{seconds}\n")
    (tmp_path / "report.tsv").write_text("s\tcpu_time\n9\t3600\n")
    assert ran_hours(tmp_path) == {"cmcgan_train": 0.5, "report": 1.0}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The settings, with costs of the msvae paper alone."""
    shutil.copytree("config", tmp_path / "config")
    rows = [",".join((*KEY_COLUMNS, *MEASURED))]
    rows += [
        f"paper,msvae,voxceleb1,{family},train,0.001,0.5,1000000,64,cpu"
        for family in resolve_families("msvae")
    ]
    (tmp_path / "config" / "costs.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "config"


def resolve_families(paper: str) -> list[str]:
    model = importlib.import_module(f"crossmodal.papers.{paper}.settings").PaperSettings
    return list(resolve(model, paper, load_edition("paper")).families)


def test_hours_and_disk_follow_from_costs_and_settings(config: Path, tmp_path: Path) -> None:
    jobs = {"download": 6, "msvae_train_voxceleb1_published": 1, "report": 1, "all": 1}
    lines = plan(config, "paper", jobs, tmp_path, tmp_path, [0], gpu_tflops=10)
    assert [(line.name, line.jobs) for line in lines] == [
        *(("corpora", 6), ("msvae", 1), ("report", 2), ("all", 9)),
    ]
    msvae = lines[1]
    model = importlib.import_module("crossmodal.papers.msvae.settings").PaperSettings
    settings = resolve(model, "msvae", load_edition("paper"))
    work = importlib.import_module("crossmodal.papers.msvae.work").work
    published = {"train": 138_361, "validation": 6904, "test": 8251}
    examples = sum(item.examples for item in work(settings, "voxceleb1", [0], published))
    assert msvae.core_hours == pytest.approx(examples * 0.001 / 3600)
    # Half a GFLOP at 10 TFLOP/s takes 50 microseconds.
    assert msvae.gpu_hours == pytest.approx(examples * 50e-6 / 3600)
    assert msvae.runs == 12
    assert msvae.disk_gb == pytest.approx(12 * 4e-3)
    assert lines[-1].core_hours == msvae.core_hours


def test_what_was_not_measured_is_not_known_and_neither_is_the_sum(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = tmp_path / "jobs.txt", tmp_path / "plan.csv"
    table.write_text(
        "Job stats:\njob count\n---\ncaptions_collect 1\nmsvae_collect 1\nall 1\ntotal 3\n"
    )
    show_plan(config, "paper", table, tmp_path, tmp_path, None, {}, 10, out)
    with out.open(newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert list(rows["all"]) == list(COLUMNS)
    assert rows["all"]["jobs"] == "3"
    assert rows["captions"]["core_hours"] == "" == rows["all"]["core_hours"]
    assert float(rows["msvae"]["core_hours"]) > 0
    said = capsys.readouterr().out
    assert "captions: not measured at these sizes" in said
    assert "GPU hours:  NOT measured: counted arithmetic at an assumed 10 TFLOP/s" in said
    assert "sub_urmp: size of the download not known" in said


def test_a_damaged_table_of_costs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.csv"
    path.write_text("edition,paper\npaper,msvae\n")
    with pytest.raises(InputError, match=r"costs\.csv: cannot be read .* Measure again"):
        read_costs(path, "paper")
    with pytest.raises(InputError, match="cannot be read"):
        read_costs(tmp_path / "none.csv", "paper")


def test_the_table_of_costs_holds_every_training_of_the_paper_edition() -> None:
    edition, costs = load_edition("paper"), read_costs(Path("config/costs.csv"), "paper")
    for paper in PAPERS:
        model = importlib.import_module(f"crossmodal.papers.{paper}.settings").PaperSettings
        settings = resolve(model, paper, edition)
        work = importlib.import_module(f"crossmodal.papers.{paper}.work").work
        for corpus in set(settings.corpora) & set(edition.corpora):
            for item in work(settings, corpus, [0], EXAMPLES):
                assert costs[paper, corpus, item.family, item.stage].seconds > 0
