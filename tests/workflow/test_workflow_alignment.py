"""What the workflow plans for the windows of a corpus: few jobs, each kind by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_workflow import SNAKEMAKE, Project

EDITION = """
title: sharded
seeds: [0]
corpora:
  sub_urmp: {source: synthetic, generator: {songs: 1, seconds: 1, seed: 0}, shards: 8}
  folder: {source: own, windows: {cmcgan: {step_ms: 250}, msvae: {}}, shards: 2}
"""
WORDS = ("--config", "edition=sharded", "--")
SUB_URMP = "results/sharded/corpora/sub_urmp/cmcgan"
OWN = "results/sharded/corpora/folder"


@pytest.fixture
def project(fresh: Project, tmp_path: Path) -> Iterator[Project]:
    copy = fresh.copy_to(tmp_path / "project")
    (copy.root / "config/editions/sharded.yaml").write_text(EDITION)
    own = copy.root / "data/folder/own"
    own.mkdir(parents=True)
    (own / "contents.csv").write_text("path,bytes,sha256\n")
    yield copy
    shutil.rmtree(tmp_path / "project")


def test_eight_shards_are_eight_jobs_and_one_that_joins_them(project: Project) -> None:
    jobs = project.planned(*WORDS, f"{SUB_URMP}/manifest.csv")
    assert {rule: len(outputs) for rule, outputs in jobs.items()} == {
        "synthesize": 1,
        "manifest": 1,
        "align": 8,
        "merge_shards": 1,
    }
    shards = sorted(path for outputs in jobs["align"] for path in outputs if "waves" in path)
    assert shards == [f"{SUB_URMP}/shards/{shard}-of-8/waves.npy" for shard in range(8)]
    assert f"{SUB_URMP}/pictures.npy" in jobs["merge_shards"][0]


def test_an_edition_chooses_the_kinds_of_windows(project: Project) -> None:
    targets = [f"{OWN}/{kind}/manifest.csv" for kind in ("cmcgan", "msvae")]
    jobs = project.planned(*WORDS, *targets)
    assert {rule: len(outputs) for rule, outputs in jobs.items()} == {
        "manifest": 1,
        "align": 4,
        "merge_shards": 2,
    }
    ended = project.call(SNAKEMAKE, "-n", "-p", *WORDS, targets[0])
    assert "crossmodal align folder cmcgan 1 --run" in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ("{caption: {}}", "unknown key. Did you mean `captions`?"),
        ("{captions: {}}", "Choose from: facevoice, cmcgan, msvae"),
        ("{cmcgan: {step_ms: 0}}", "corpora.folder.windows.cmcgan.step_ms"),
    ],
)
def test_a_wrong_kind_or_setting_is_one_line(project: Project, windows: str, said: str) -> None:
    path = project.root / "config/editions/sharded.yaml"
    path.write_text(EDITION.replace("{cmcgan: {step_ms: 250}, msvae: {}}", windows))
    ended = project.call(SNAKEMAKE, "-n", *WORDS, f"{OWN}/manifest.csv")
    assert ended.returncode != 0
    assert "Traceback" not in ended.stdout + ended.stderr
    assert said in ended.stdout + ended.stderr
