"""Plan, figures, tables and claims, from runs made by the stages themselves."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from fixture_facevoice import CORPUS, ROOT, paper_settings, write_results, write_windows

from crossmodal.config import CorpusChoice
from crossmodal.errors import InputError
from crossmodal.papers.facevoice.figures import ARTEFACTS, write_artefacts
from crossmodal.papers.facevoice.plan import CorpusPlan, has_pictures
from crossmodal.reporting.claims import judge_claims

PAPER_IDS = [
    *("fig1_gan_architecture", "fig2_crossmodal_architecture", "fig3_margin_roc"),
    *("table_threshold_sweep", "fig4_common_layer_roc", "fig5_feature_matching"),
    *("table_identification", "table_extra_readings"),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("windows")
    write_windows(folder)
    out = tmp_path_factory.mktemp("results") / "facevoice"
    write_results(out, folder, paper_settings(), [0])
    write_artefacts(paper_settings(), out)
    return out


def test_every_artefact_is_written_and_the_same_again(results: Path) -> None:
    settings = paper_settings()
    assert set(settings.artefacts) == set(ARTEFACTS) >= set(PAPER_IDS)
    files = [
        results / f"{artefact.kind}s" / f"{name}.{suffix}"
        for name, artefact in settings.artefacts.items()
        for suffix in (("svg", "png") if artefact.kind == "figure" else ("csv", "md"))
    ]
    before = {file: file.read_bytes() for file in files}
    some = {name: settings.artefacts[name] for name in ("fig5_feature_matching", "table_ablations")}
    write_artefacts(settings.model_copy(update={"artefacts": some}), results)
    assert all(file.read_bytes() == content for file, content in before.items())


def test_tables_have_the_papers_numbers_and_every_variant(results: Path) -> None:
    found = pd.read_csv(results / "tables" / "table_identification.csv")
    assert found["paper"].tolist() == [0.9557, 0.9941, 0.9959] * 2
    assert (found["difference"] - (found["ours"] - found["paper"])).abs().max() < 1e-6
    ablations = pd.read_csv(results / "tables" / "table_ablations.csv")
    settings = paper_settings()
    titles = [family.title for family in settings.families.values()]
    assert ablations["variant"].tolist() == titles
    unseen = ablations[ablations["variant"] == settings.families["unseen_people"].title]
    assert unseen["identified"].isna().all()
    assert unseen["difference"].isna().all()
    sweep = pd.read_csv(results / "tables" / "table_threshold_sweep.csv")
    assert [name for name in sweep.columns.tolist() if name.startswith("margin")] == [
        f"margin 0.{k}" for k in range(1, 6)
    ]
    assert len(sweep) == len(settings.thresholds) + 3


def test_every_claim_has_a_verdict(results: Path) -> None:
    judged = judge_claims(ROOT / "config" / "claims" / "facevoice.csv", results)
    assert {claim.split(".")[0] for claim in judged["claim"]} == {str(k) for k in range(1, 8)}
    testable = judged[judged["status"] == "testable"]
    assert testable["difference"].notna().all()
    artefacts = set(filter(None, judged["artefact"]))
    assert artefacts <= set(ARTEFACTS)


def test_an_unknown_artefact_is_named(results: Path) -> None:
    settings = paper_settings()
    more = {**settings.artefacts, "fig9": next(iter(settings.artefacts.values()))}
    with pytest.raises(InputError, match="fig9"):
        write_artefacts(settings.model_copy(update={"artefacts": more}), results)


def test_without_a_corpus_every_artefact_says_so(tmp_path: Path) -> None:
    settings = paper_settings()
    write_artefacts(settings, tmp_path)
    for name, artefact in settings.artefacts.items():
        suffixes = ("svg", "png") if artefact.kind == "figure" else ("csv", "md")
        assert all((tmp_path / f"{artefact.kind}s" / f"{name}.{end}").is_file() for end in suffixes)
    assert "at hand" in (tmp_path / "tables" / "table_ablations.md").read_text()


def plan(pictures: bool = True) -> CorpusPlan:
    return CorpusPlan(paper_settings(), CORPUS, pictures, [0, 1], "windows", "out")


def test_variants_of_one_first_phase_are_one_job() -> None:
    jobs = plan().jobs()
    assert len(jobs) == 2
    assert sorted(name for job in jobs for name in job) == sorted(paper_settings().families)
    shared = {"ours", "no_matching", *(f"margin_{k}" for k in range(1, 6))}
    assert any(shared <= set(job) for job in jobs)
    assert len(plan().runs(jobs[0])) == 2 * len(jobs[0])


def test_without_pictures_our_readings_are_left_out(tmp_path: Path) -> None:
    missing = set(paper_settings().families) - set(plan(pictures=False).families())
    assert missing == {"graph_cut", "regions", "regional_attention"}
    assert "windows/pictures.npy" not in plan(pictures=False).inputs()
    synthetic = CorpusChoice.model_validate({"source": "synthetic"})
    assert has_pictures(tmp_path, synthetic)
    (tmp_path / "processed" / "train_face").mkdir(parents=True)
    (tmp_path / "processed" / "train_face" / "1.mat").touch()
    own = CorpusChoice.model_validate({"source": "own"})
    assert not has_pictures(tmp_path, own)
    (tmp_path / "face-images").mkdir()
    assert has_pictures(tmp_path, own)
    layout = CorpusChoice.model_validate({"source": "own", "reader": {"layout": "prepared"}})
    assert not has_pictures(tmp_path, layout)


def test_a_title_changes_no_training() -> None:
    other = CorpusPlan(
        paper_settings(families={"ours": {"title": "Other"}}), CORPUS, True, [0], "windows", "out"
    )
    assert other.training_settings(["ours"]) == plan().training_settings(["ours"])
    assert other.tuning_settings() == plan().tuning_settings()
    wider = CorpusPlan(paper_settings(model={"width": 9}), CORPUS, True, [0], "windows", "out")
    assert wider.training_settings(["ours"]) != plan().training_settings(["ours"])
