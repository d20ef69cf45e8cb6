"""Figures, tables and claims, on results that the paper's own stages made of a tiny corpus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_msvae import CONFIG, CORPUS, FACE, make_results, workspace

from crossmodal import stages
from crossmodal.metrics.uncertainty import paired_bootstrap
from crossmodal.papers.msvae import tables
from crossmodal.papers.msvae.figures import embed
from crossmodal.papers.msvae.tables import MAIN, reported
from crossmodal.reporting.claims import assess_claims
from crossmodal.reporting.results import Results
from crossmodal.workspace import Workspace

pytestmark = pytest.mark.xdist_group("msvae_results")

SEEDS = [0, 1]
CLAIMS = CONFIG / "claims" / "msvae.csv"


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    threads, exact = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    edition = workspace(tmp_path_factory.mktemp("results"), SEEDS)
    make_results(edition)
    yield edition
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(exact)


@pytest.fixture(scope="module")
def results(edition: Workspace) -> Results:
    settings = edition.paper_settings("msvae")
    return Results.read(settings, edition.results.paper("msvae"), [CORPUS])


def test_artefacts_are_written_as_files_and_twice_alike(edition: Workspace) -> None:
    folder = edition.results.paper("msvae").root
    contents = []
    for _ in range(2):
        stages.artefacts(edition, "msvae")
        files = [path for kind in ("figures", "tables") for path in (folder / kind).iterdir()]
        contents.append({path: path.read_bytes() for path in files})
    assert len(contents[0]) == 2 * len(edition.paper_settings("msvae").artefacts)
    assert contents[0] == contents[1]


def test_evaluation_writes_the_same_bytes_again(edition: Workspace) -> None:
    folder = edition.results.paper("msvae")
    paths = [folder.scores(CORPUS), folder.metrics(CORPUS), folder.examples(CORPUS)]
    before = [path.read_bytes() for path in paths]
    stages.evaluate(edition, "msvae", CORPUS, 1)
    assert [path.read_bytes() for path in paths] == before


def test_table_as_written(results: Results, tmp_path: Path) -> None:
    tables.table_as_written(results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv").set_index("number")
    voice = table.loc["deviation of the voice input between clips"]
    assert float(str(voice["as written"])) < 1e-6
    assert float(str(voice["corrected"])) > 0.1
    row = table.loc["mean reciprocal rank of people, voice → face"]
    key = "voice_to_face|published/people|mrr"
    left, right = (results.first.scores(name, key) for name in ("corrected", "written"))
    interval = paired_bootstrap(left, right)
    assert row["change"] == pytest.approx(interval.mean)
    assert (row["from"], row["to"]) == pytest.approx((interval.low, interval.high))
    assert table.loc["training loss, last epoch", "paper"] == 1386.18


def test_table_mrr_has_every_main_variant_with_chance_and_test(
    results: Results, tmp_path: Path
) -> None:
    tables.table_mrr(results, tmp_path / "table")
    table = pd.read_csv(tmp_path / "table.csv")
    assert len(table) == len(MAIN) * 2 * 2 * 2
    assert set(table["tested on"]) == {"same people", "new people"}
    people = table[(table["ranked"] == "people") & (table["sought"] == "person")]
    for _, row in people.iterrows():
        assert row["chance"] == pytest.approx(np.mean(1 / np.arange(1, row["n"] + 1)))
    assert table["largest p"].between(0, 1, inclusive="right").all()
    assert table["paper"].isna().all()


def test_what_is_shown(results: Results) -> None:
    shown = results.first.examples("corrected")
    assert str(shown["query_label"]) == "Person_0"  # nobody is called as the paper's query
    assert shown["points_face"].shape == shown["points_voice"].shape == (16, 4)
    for level, count in (("clips", 5), ("people", 5)):
        assert shown[f"face_to_voice_{level}_label"].shape == (count,)
        assert (np.diff(shown[f"face_to_voice_{level}_distance"]) >= 0).all()
    assert len(set(shown["voice_to_face_people_label"])) == 5
    assert set(shown["sample_gender"]) == {"male", "female"}
    assert shown["face_from_voice"].shape == shown["face"].shape == (2, FACE)
    assert 0.2 < shown["face"].mean() < 0.8  # brightness again, not standardised
    assert set(results.first.examples()) >= {"frames", "spectrogram", "name"}


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
        *(2600.68, 2402.58, 2395.98, 2395.98, 2395.80, 1461.72, 1388.35, 1386.18)
    ]
    assert reported("fig4_top5") == {
        "face_to_voice_same_gender": 0.8,
        "voice_to_face_same_gender": 0.2,
    }


def test_claims_are_assessed_on_the_results(edition: Workspace, results: Results) -> None:
    found = assess_claims(CLAIMS, results)
    tested = found[found["status"] == "testable"]
    assert (tested["verdict"] != "not testable").all()
    assert (tested["corpus"] == CORPUS).all()
    assert set(found["artefact"]) <= {*edition.paper_settings("msvae").artefacts, ""}
    assert {claim[0] for claim in found["claim"]} >= set("1234")
    row = found.set_index("claim").loc["3.gender.corrected"]
    for side, place in (("left", ""), ("right", "/chance")):
        scores = results.first.scores(
            "corrected", f"face_to_voice|published/clips{place}|gender_share"
        )
        assert row[f"ours_{side}"] == pytest.approx(scores.mean())


def test_without_a_corpus_everything_says_so(tmp_path: Path) -> None:
    # This corpus is in the edition, and its windows of this kind are not.
    edition = workspace(tmp_path, SEEDS, corpora=["wikipedia"])
    assert edition.plan("msvae").corpora() == []
    stages.artefacts(edition, "msvae")
    folder = edition.results.paper("msvae")
    for name, artefact in edition.paper_settings("msvae").artefacts.items():
        suffix = {"figure": ".png", "table": ".md"}[artefact.kind]
        assert folder.artefact(artefact.kind, name).with_suffix(suffix).stat().st_size > 50
    text = (folder.root / "tables" / "table_mrr.md").read_text()
    assert "Nothing that it needs is at hand" in text
    nothing = Results.read(edition.paper_settings("msvae"), folder, [])
    assert set(assess_claims(CLAIMS, nothing)["verdict"]) == {"not testable"}
