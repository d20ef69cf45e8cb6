from __future__ import annotations

import pytest
from fixture_hashing import METHODS, paper_settings

from crossmodal.papers.hashing.plan import LINEAR, CorpusPlan
from crossmodal.papers.hashing.settings import Method, PaperSettings

DEEP = ["image_bow", "text_lda", "image_deep"]
PUBLIC = ["image_bow", "text_lda"]


def plan(features: list[str], settings: PaperSettings | None = None) -> CorpusPlan:
    settings = settings or paper_settings()
    return CorpusPlan(settings, "wikipedia", features, [0, 5], "results/x/corpora/wikipedia", "out")


@pytest.mark.parametrize(
    ("method", "families"),
    [
        ("cvh", ["cvh", "cvh_deep"]),
        ("smfh", ["smfh"]),
        ("ssah", ["ssah"]),
        ("dssah", ["dssah"]),
        ("ours", ["ours", "ours_separate", "ours_deep"]),
        ("semantic", ["semantic", "semantic_deep"]),
    ],
)
def test_families_of_a_method_are_those_whose_features_are_at_hand(
    method: Method, families: list[str]
) -> None:
    assert plan(DEEP).families(method) == families
    public = [name for name in families if not name.endswith("_deep")]
    assert plan(PUBLIC).families(method) == public


def test_families_of_all_methods() -> None:
    assert plan(DEEP).families() == list(paper_settings().families)
    assert set(plan(DEEP).families()) - set(plan(PUBLIC).families()) == {
        "cvh_deep",
        "ours_deep",
        "semantic_deep",
    }


def test_runs_are_every_code_length_and_seed() -> None:
    runs = "out/runs/wikipedia"
    assert plan(DEEP).runs("cvh") == [
        f"{runs}/{variant}/seed{seed}"
        for variant in ("cvh_16", "cvh_32", "cvh_64", "cvh_deep_64")
        for seed in (0, 5)
    ]
    assert plan(PUBLIC).runs("semantic") == [f"{runs}/semantic/seed0", f"{runs}/semantic/seed5"]
    assert len(plan(DEEP).runs()) == 2 * (5 * 3 + 1 + 1 + 3)
    by_method = [run for method in paper_settings().methods for run in plan(DEEP).runs(method)]
    assert sorted(by_method) == sorted(plan(DEEP).runs())


def test_inputs_are_the_manifest_and_what_the_families_read() -> None:
    folder = "results/x/corpora/wikipedia"
    plain = [f"{folder}/manifest.csv", f"{folder}/image_bow.npy", f"{folder}/text_lda.npy"]
    deep = [plain[0], plain[1], f"{folder}/image_deep.npy", plain[2]]
    assert plan(DEEP).inputs("ssah") == plain
    assert plan(DEEP).inputs("ours") == plan(DEEP).inputs() == deep
    assert plan(PUBLIC).inputs() == plain


def test_methods_without_a_network_ask_for_no_gpu() -> None:
    assert set(LINEAR) == {"cvh", "smfh"}
    assert set(LINEAR) < set(METHODS)


def changed(**changes: object) -> set[str]:
    """Return the methods whose training settings a change of the settings touches."""
    before, after = plan(DEEP), plan(DEEP, paper_settings(**changes))
    return {
        method
        for method in before.settings.methods
        if before.training_settings(method) != after.training_settings(method)
    }


def test_training_settings_say_what_has_to_be_trained_again() -> None:
    assert changed(methods={"ours": {"hidden": 16}}) == {"ours"}
    assert changed(search={"ssah": {"adversarial": [0.5]}}) == {"ssah"}
    assert changed(families={"cvh_deep": {"bits": [16]}}) == {"cvh"}
    assert changed(bits=[16]) == set(METHODS)
    assert changed(tuning={"seed": 3}) == set(METHODS)
    assert changed(features={"wikipedia": {"image": "image_deep"}}) == set(METHODS)
    # What only scoring or drawing reads trains nothing again.
    assert changed(protocol={"ties": "stable"}) == set()
    assert changed(families={"cvh": {"title": "Another name"}}) == set()
    assert changed(features={"nuswide10k": {"image": "image_deep"}}) == set()
