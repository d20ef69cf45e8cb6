"""Real data: the published Wikipedia features, from a mirror to a number."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from fixture_workflow import SHARED, SNAKEMAKE, Project

pytestmark = pytest.mark.skipif(
    not (SHARED / "wikipedia/raw_features.mat").is_file(),
    reason="needs the real Wikipedia features in ../shared/data/wikipedia",
)

WORDS = ("--config", "edition=public", f"mirror={SHARED}")
CORPUS = "results/public/corpora/wikipedia"
FEATURES = [f"{CORPUS}/{name}" for name in ("image_bow.npy", "text_lda.npy")]


@pytest.fixture(scope="module")
def public(fresh: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the manifest and features of the real corpus."""
    project = fresh.copy_to(tmp_path_factory.mktemp("public") / "project")
    ended = project.run_once("--cores", "2", *FEATURES, *WORDS)
    assert ended.returncode == 0, ended.stderr
    return project


def test_what_is_not_at_hand_is_left_out_with_the_reason(fresh: Project) -> None:
    ended = fresh.call(SNAKEMAKE, "-n", *WORDS)
    assert ended.returncode == 0, ended.stderr
    missing = dict(
        re.findall(r"^missing corpus (\w+): (.+)$", ended.stdout + ended.stderr, re.MULTILINE)
    )
    assert missing["nuswide10k"].startswith(f"the mirror's folder {SHARED}")
    assert "NUS-WIDE" in missing["nuswide10k"]
    assert "wikipedia" not in missing
    incomplete = dict(
        re.findall(r"^incomplete corpus (\w+): (.+)$", ended.stdout + ended.stderr, re.MULTILINE)
    )
    pictures = len(list(SHARED.glob("mnist/*-images*")))
    if pictures == 1:
        assert "1 of 2 files mnist/*-images" in incomplete["av_digits"]
    elif pictures == 0:
        assert "av_digits" in missing
    planned = fresh.planned(*WORDS)
    assert fresh.again(*WORDS)["train hashing"] == 3 * 7
    assert "report" in planned
    outputs = [name for jobs in planned.values() for job in jobs for name in job]
    assert [name for name in outputs if "/nuswide10k/" in name] == []


def test_the_published_split_and_features(public: Project) -> None:
    manifest = pd.read_csv(public.root / CORPUS / "manifest.csv")
    assert manifest["split"].value_counts().to_dict() == {"train": 2173, "test": 693}
    assert manifest["label"].nunique() == 10
    assert (public.root / "data/wikipedia/download/contents.csv").is_file()


def test_cvh_reaches_the_known_level(public: Project) -> None:
    words = [*WORDS, "seeds=[0]", "overrides={hashing: {only: [cvh]}}"]
    metrics_file = "results/public/hashing/metrics/wikipedia.csv"
    ended = public.run_once("--cores", "2", metrics_file, *words)
    assert ended.returncode == 0, ended.stderr
    metrics = pd.read_csv(public.root / metrics_file)
    main = metrics[
        (metrics["protocol"] == "64/test/all/average") & (metrics["task"] == "image_to_text")
    ].set_index("metric")["value"]
    print(f"CVH, 64 bits, image to text: mAP {main['map']:.4f}, chance {main['map_chance']:.4f}")
    assert 0.23 < main["map"] < 0.29
    assert main["map_chance"] == pytest.approx(0.118, abs=0.001)
