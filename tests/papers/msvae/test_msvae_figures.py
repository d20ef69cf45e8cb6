"""Figures, tables and claims, on results that the paper's own stages made of a tiny corpus."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_msvae import CONFIG, CORPUS, FACE, corpus_plan, make_results, paper_settings
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.metrics.uncertainty import paired_bootstrap
from crossmodal.papers.msvae.arrays import read_arrays
from crossmodal.papers.msvae.evaluate import evaluate
from crossmodal.papers.msvae.figures import ARTEFACTS, write_artefacts
from crossmodal.papers.msvae.pictures import embed
from crossmodal.papers.msvae.results import MAIN, Results, reported
from crossmodal.reporting.claims import JUDGED, judge_claims
from crossmodal.runs import collect_metrics, write_csv

pytestmark = pytest.mark.xdist_group("msvae_results")

SEEDS = [0, 1]
SETTINGS = paper_settings()
CLAIMS = CONFIG / "claims" / "msvae.csv"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    threads, exact = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    root = tmp_path_factory.mktemp("edition")
    make_results(root, SETTINGS, SEEDS)
    yield root
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(exact)


def scores(root: Path, family: str, key: str) -> NDArray[np.float64]:
    runs = root / "msvae" / "runs" / CORPUS / family
    rows = []
    for seed in SEEDS:
        with np.load(runs / f"seed{seed}" / "scores.npz", allow_pickle=False) as arrays:
            rows.append(arrays[key])
    return np.stack(rows)


def test_artefacts_are_those_of_the_settings() -> None:
    assert set(SETTINGS.artefacts) == set(ARTEFACTS)
    for name, artefact in SETTINGS.artefacts.items():
        assert name.startswith({"figure": "fig", "table": "table"}[artefact.kind])


def test_artefacts_are_written_as_files_and_twice_alike(root: Path) -> None:
    folder = root / "msvae"
    write_artefacts(SETTINGS, folder)
    files = {
        path: path.read_bytes()
        for kind in ("figures", "tables")
        for path in (folder / kind).iterdir()
    }
    assert len(files) == 2 * len(SETTINGS.artefacts)
    again = {name: SETTINGS.artefacts[name] for name in ("fig3_manifolds", "table_dbscan")}
    write_artefacts(SETTINGS.model_copy(update={"artefacts": again}), folder)
    for path, content in files.items():
        assert path.read_bytes() == content, path.name


def test_an_unknown_artefact_is_refused(root: Path) -> None:
    more = {"fig9": {"kind": "figure", "title": "More", "caption": "More."}}
    with pytest.raises(InputError, match=r"artefacts\.fig9: unknown artefact"):
        write_artefacts(paper_settings(artefacts=more), root / "msvae")


def test_evaluation_writes_the_same_bytes_again(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "edition"
    shutil.copytree(root, copy)
    plan = corpus_plan(SETTINGS, [0], copy)
    evaluate(SETTINGS, CORPUS, ["corrected"], [0], Path(plan.windows), copy / "msvae")
    place = Path("msvae/runs") / CORPUS / "corrected" / "seed0"
    for name in ("scores.npz", "shown.npz", "metrics.csv"):
        assert (root / place / name).read_bytes() == (copy / place / name).read_bytes()


def test_table_as_written(root: Path, tmp_path: Path) -> None:
    results = Results.read(SETTINGS, root / "msvae")
    ARTEFACTS["table_as_written"](results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv").set_index("number")
    heard = table.loc["deviation of the voice input between clips"]
    assert float(str(heard["as written"])) < 1e-6
    assert float(str(heard["corrected"])) > 0.1
    row = table.loc["mean reciprocal rank of people, voice → face"]
    key = "voice_to_face|published/people|mrr"
    left, right = scores(root, "corrected", key), scores(root, "written", key)
    interval = paired_bootstrap(left, right)
    assert row["change"] == pytest.approx(interval.mean)
    assert (row["from"], row["to"]) == pytest.approx((interval.low, interval.high))
    assert table.loc["training loss, last epoch", "paper"] == 1386.18


def test_table_mrr_has_every_main_family_with_chance_and_test(root: Path, tmp_path: Path) -> None:
    results = Results.read(SETTINGS, root / "msvae")
    ARTEFACTS["table_mrr"](results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv")
    assert len(table) == len(MAIN) * 2 * 2 * 2
    assert set(table["tested on"]) == {"same people", "new people"}
    people = table[(table["ranked"] == "people") & (table["sought"] == "person")]
    for _, row in people.iterrows():
        assert row["chance"] == pytest.approx(np.mean(1 / np.arange(1, row["n"] + 1)))
    assert table["largest p"].between(0, 1, inclusive="right").all()
    assert table["paper"].isna().all()


def test_what_is_shown(root: Path) -> None:
    shown = read_arrays(root / "msvae" / "runs" / CORPUS / "corrected" / "seed0" / "shown.npz")
    assert str(shown["query_label"]) == "Person_0"  # nobody is called as the paper's query
    assert shown["points_face"].shape == shown["points_voice"].shape == (16, 4)
    for level, count in (("clips", 5), ("people", 5)):
        assert shown[f"face_to_voice_{level}_label"].shape == (count,)
        assert (np.diff(shown[f"face_to_voice_{level}_distance"]) >= 0).all()
    assert len(set(shown["voice_to_face_people_label"])) == 5
    assert set(shown["sample_gender"]) == {"male", "female"}
    assert shown["face_from_voice"].shape == shown["face"].shape == (2, FACE)
    assert 0.2 < shown["face"].mean() < 0.8  # brightness again, not standardised


def test_the_map_keeps_neighbours_and_is_the_same_every_time() -> None:
    generator = np.random.default_rng(0)
    centres = 30 * generator.standard_normal((4, 10))
    points = (centres[:, None] + generator.standard_normal((4, 8, 10))).reshape(-1, 10)
    placed = embed(points)
    np.testing.assert_array_equal(placed, embed(points))
    np.testing.assert_allclose(placed, embed(1e-7 * points), atol=1.0)
    distance = np.linalg.norm(placed[:, None] - placed[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    assert (distance.argmin(axis=1) // 8 == np.arange(32) // 8).all()


def test_reported_numbers_are_those_of_the_paper() -> None:
    assert list(reported("fig2_training_log").values()) == [
        *(2600.68, 2402.58, 2395.98, 2395.98, 2395.80, 1461.72, 1388.35, 1386.18),
    ]
    assert reported("fig4_top5") == {
        "face_to_voice_same_gender": 0.8,
        "voice_to_face_same_gender": 0.2,
    }


def test_claims_are_judged_on_the_results(root: Path) -> None:
    judged = judge_claims(CLAIMS, root / "msvae")
    assert list(judged.columns[-len(JUDGED) :]) == JUDGED
    tested = judged[judged["status"] == "testable"]
    assert (tested["verdict"] != "not testable").all()
    assert (tested["corpus"] == CORPUS).all()
    assert set(judged["artefact"]) <= {*ARTEFACTS, ""}
    assert judged["claim"].is_unique
    assert {claim[0] for claim in judged["claim"]} >= set("1234")
    row = judged.set_index("claim").loc["3.gender.corrected"]
    key = "face_to_voice|published/clips{}|gender_share"
    assert row["ours_left"] == pytest.approx(scores(root, "corrected", key.format("")).mean())
    chance = scores(root, "corrected", key.format("/chance"))
    assert row["ours_right"] == pytest.approx(chance.mean())


def test_without_a_corpus_everything_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "msvae"
    write_csv(folder / "metrics.csv", collect_metrics([]))
    write_artefacts(SETTINGS, folder)
    for name, artefact in SETTINGS.artefacts.items():
        suffix = {"figure": "png", "table": "md"}[artefact.kind]
        assert (folder / f"{artefact.kind}s" / f"{name}.{suffix}").stat().st_size > 50
    text = (folder / "tables" / "table_mrr.md").read_text()
    assert "No corpus of the paper is at hand" in text
    assert set(judge_claims(CLAIMS, folder)["verdict"]) == {"not testable"}
