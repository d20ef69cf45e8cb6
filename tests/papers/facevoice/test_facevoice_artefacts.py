"""Plan, figures, tables and claims, from runs made by the stages themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixture_facevoice import (
    CORPUS,
    ROOT,
    paper_settings,
    train_all,
    windows_folder,
    workspace,
    write_windows,
)

from crossmodal import stages
from crossmodal.config import CorpusChoice
from crossmodal.papers.facevoice.plan import Plan
from crossmodal.papers.plan import CorpusAtHand
from crossmodal.reporting.results import Results
from crossmodal.runs import Run


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    write_windows(windows_folder(root))
    train_all(workspace(root))
    stages.evaluate(workspace(root), "facevoice", CORPUS, 1)
    stages.artefacts(workspace(root), "facevoice")
    return root


@pytest.fixture(scope="module")
def results(root: Path) -> Path:
    return workspace(root).results.paper("facevoice").root


def artefact_files(results: Path) -> list[Path]:
    return [
        results / f"{artefact.kind}s" / f"{name}.{suffix}"
        for name, artefact in paper_settings().artefacts.items()
        for suffix in (("svg", "png") if artefact.kind == "figure" else ("csv", "md"))
    ]


def test_every_artefact_is_written_and_the_same_again(root: Path, results: Path) -> None:
    before = {file: file.read_bytes() for file in artefact_files(results)}
    stages.artefacts(workspace(root), "facevoice")
    assert all(file.read_bytes() == content for file, content in before.items())


def test_tables_have_the_papers_numbers_and_every_variant(results: Path) -> None:
    found = pd.read_csv(results / "tables" / "table_identification.csv")
    assert found["paper"].tolist() == [0.9557, 0.9941, 0.9959] * 2
    assert (found["difference"] - (found["ours"] - found["paper"])).abs().max() < 1e-6
    ablations = pd.read_csv(results / "tables" / "table_ablations.csv")
    settings = paper_settings()
    titles = [variant.title for variant in settings.variants.values()]
    assert ablations["variant"].tolist() == titles
    unseen = ablations[ablations["variant"] == settings.variants["unseen_people"].title]
    assert unseen["identified"].isna().all()
    assert unseen["difference"].isna().all()
    sweep = pd.read_csv(results / "tables" / "table_threshold_sweep.csv")
    assert [name for name in sweep.columns.tolist() if name.startswith("margin")] == [
        f"margin 0.{k}" for k in range(1, 6)
    ]
    assert len(sweep) == len(settings.thresholds) + 3


def test_every_claim_has_a_verdict(root: Path, results: Path) -> None:
    stages.claims(workspace(root), "facevoice")
    found = pd.read_csv(results / "claims.csv", keep_default_na=False)
    assert {claim.split(".")[0] for claim in found["claim"]} == {str(k) for k in range(1, 8)}
    assert (found.loc[found["status"] == "testable", "difference"] != "").all()
    assert set(filter(None, found["artefact"])) <= set(paper_settings().artefacts)


def test_pairs_have_names_and_only_the_same_pairs_are_compared(root: Path) -> None:
    edition = workspace(root)
    folder = edition.results.paper("facevoice")
    found = Results.read(edition.paper_settings("facevoice"), folder, [CORPUS]).first
    ours = found.items("ours", "matching", "test")
    assert len(set(ours)) == len(ours) == found.scores("ours", "matching|test|auc").shape[1]
    for variant in found.seeds:
        other = variant in ("random_split", "unseen_people")
        assert np.array_equal(ours, found.items(variant, "matching", "test")) is not other
    matched = found.scores("ours", "matching|test|matched")[0] > 0
    assert ours[matched].tolist() == found.items("ours", "identification", "face").tolist()
    assert ours[~matched].tolist() == found.items("ours", "matching", "mismatched").tolist()


def plan(folder: Path = ROOT, choice: dict | None = None, **changes: Any) -> Plan:
    chosen = CorpusChoice.model_validate(choice or {})
    at_hand = {CORPUS: CorpusAtHand(CORPUS, folder, chosen, ("facevoice",))}
    return Plan("facevoice", paper_settings(**changes), [0, 1], at_hand)


def test_variants_that_differ_in_the_second_phase_alone_share_the_first() -> None:
    found = plan()
    before = {run: found.before(run) for run in found.runs(CORPUS)}
    shared = {run.variant: first["first_phase"] for run, first in before.items() if first}
    margins = dict.fromkeys((f"margin_{k}" for k in range(1, 6)), "ours")
    both = {"no_matching": "ours", "no_class_head_no_matching": "no_class_head"}
    assert {name: first.variant for name, first in shared.items()} == margins | both
    assert before[Run(CORPUS, "margin_1", 1)]["first_phase"] == Run(CORPUS, "ours", 1)
    alone = plan(only=["margin_1"])
    assert alone.before(Run(CORPUS, "margin_1", 1)) == {}


def test_what_sets_no_margin_reads_the_one_that_is_searched() -> None:
    found = plan()
    assert found.searches(CORPUS) == {"margin": ["ours"]}
    own = {name for name in found.variants(CORPUS) if found.search_of(CORPUS, name) is None}
    assert own == {f"margin_{k}" for k in range(1, 6)}


@pytest.mark.parametrize(
    ("first_phase", "says"), [("no_common_layer", "common_layer"), ("ourz", "no variant above")]
)
def test_a_first_phase_that_cannot_be_shared_is_named(first_phase: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"margin_6.first_phase.*{says}"):
        plan(variants={"margin_6": {"title": "Margin 0.6", "first_phase": first_phase}})


def test_without_pictures_our_readings_are_left_out(tmp_path: Path) -> None:
    readings = {"graph_cut", "regions", "regional_attention"}
    assert readings < set(plan(tmp_path).variants(CORPUS))
    assert "pictures" in plan(tmp_path).features(CORPUS)
    (tmp_path / "processed" / "train_face").mkdir(parents=True)
    (tmp_path / "processed" / "train_face" / "1.mat").touch()
    found = plan(tmp_path, {"source": "own"})
    assert set(paper_settings().variants) - set(found.variants(CORPUS)) == readings
    assert "pictures" not in found.features(CORPUS)
    (tmp_path / "face-images").mkdir()
    assert readings < set(plan(tmp_path, {"source": "own"}).variants(CORPUS))
    prepared = {"source": "own", "reader": {"layout": "prepared"}}
    assert not readings & set(plan(tmp_path, prepared).variants(CORPUS))


def test_a_title_changes_no_training() -> None:
    def decides(**changes: Any) -> tuple[dict, dict]:
        found = plan(**changes)
        return found.decides_training(CORPUS, "ours"), found.decides_search(CORPUS, "margin")

    assert decides(variants={"ours": {"title": "Other"}}) == decides()
    assert decides(model={"width": 9})[0] != decides()[0]
    assert decides(pairs={"test": 8}) == decides()
