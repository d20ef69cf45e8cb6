from __future__ import annotations

from pathlib import Path

import pytest
from fixture_hashing import METHODS, paper_settings

from crossmodal.config import CorpusChoice
from crossmodal.papers.hashing.plan import LINEAR, Plan
from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.papers.plan import CorpusAtHand
from crossmodal.runs import Run

CORPUS = "wikipedia"
DEEP = ["image_bow", "text_lda", "image_deep"]
PUBLIC = ["image_bow", "text_lda"]


def plan(features: list[str], settings: PaperSettings | None = None) -> Plan:
    corpus = CorpusAtHand(CORPUS, Path("data"), CorpusChoice.model_validate({}), (), features)
    return Plan("hashing", settings or paper_settings(), [0, 5], {CORPUS: corpus})


def test_a_search_a_method_of_the_variants_whose_features_are_at_hand() -> None:
    assert plan(DEEP).corpora() == [CORPUS]
    assert plan(DEEP).searches(CORPUS) == {
        "cvh": ["cvh", "cvh_deep"],
        "smfh": ["smfh"],
        "ssah": ["ssah"],
        "dssah": ["dssah"],
        "ours": ["ours", "ours_separate", "ours_deep"],
        "semantic": ["semantic", "semantic_deep"],
    }
    public = [name for name in paper_settings().variants if not name.endswith("_deep")]
    assert plan(PUBLIC).variants(CORPUS) == public
    assert plan(PUBLIC).search_of(CORPUS, "ours_separate") == "ours"


def test_a_run_a_variant_and_seed() -> None:
    variants = list(paper_settings().variants)
    expected = [Run(CORPUS, variant, seed) for variant in variants for seed in (0, 5)]
    assert plan(DEEP).runs(CORPUS) == expected
    assert plan(DEEP, paper_settings(only=["ours"])).variants(CORPUS) == ["ours"]


def test_features_are_what_the_variants_read() -> None:
    assert plan(DEEP).features(CORPUS, "ours") == PUBLIC
    assert plan(DEEP).features(CORPUS, "ours_deep") == ["image_deep", "text_lda"]
    assert plan(DEEP).evaluation_features(CORPUS) == sorted(DEEP)
    assert plan(PUBLIC).features(CORPUS) == PUBLIC


def test_methods_without_a_network_ask_for_no_gpu() -> None:
    assert set(LINEAR) < set(METHODS)
    without = [name for name in paper_settings().variants if not plan(DEEP).uses_gpu(name)]
    assert without == ["cvh", "smfh", "cvh_deep"]


def changed(**changes: object) -> tuple[set[str], set[str]]:
    """Return the searches and the runs' variants that a change of the settings touches."""
    before, after = plan(DEEP), plan(DEEP, paper_settings(**changes))
    searches = {
        name
        for name in before.searches(CORPUS)
        if before.decides_search(CORPUS, name) != after.decides_search(CORPUS, name)
    }
    variants = {
        name
        for name in before.variants(CORPUS)
        if before.decides_training(CORPUS, name) != after.decides_training(CORPUS, name)
    }
    return searches, variants


def test_decides_says_what_has_to_be_done_again() -> None:
    variants = list(paper_settings().variants)
    ours = {"ours", "ours_separate", "ours_deep"}
    assert changed(methods={"ours": {"hidden": 16}}) == ({"ours"}, ours)
    # Runs depend on the table of the search, but on candidates only by what they are of.
    assert changed(search={"cvh": {"extra_bits": ["repeat"]}}) == ({"cvh"}, set())
    assert changed(search={"ssah": {"adversarial": [0.5]}}) == ({"ssah"}, {"ssah"})
    assert changed(variants={"cvh_deep": {"bits": [16]}}) == (set(), {"cvh_deep"})
    assert changed(bits=[16]) == (set(), {"cvh", "smfh", "ssah", "dssah", "ours"})
    assert changed(tuning={"seed": 3}) == (set(METHODS), set())
    # An ablation that says what is the default: a search may choose otherwise for others.
    shared = {"ours": {"settings": {"classifier": "shared"}}}
    assert changed(variants=shared) == ({"ours"}, {"ours"})
    deep = {"wikipedia": {"image": "image_deep"}}
    plain = {name for name in variants if not name.endswith("_deep")}
    assert changed(features=deep) == (set(METHODS), plain)
    # What only scoring or drawing reads trains nothing again.
    nothing: tuple[set[str], set[str]] = (set(), set())
    assert changed(protocol={"ties": "stable"}) == nothing
    assert changed(variants={"cvh": {"title": "Another name"}}) == nothing
    assert changed(features={"nuswide10k": {"image": "image_deep"}}) == nothing
    protocols = [
        plan(DEEP, paper_settings(protocol={"ties": ties})).decides_evaluation(CORPUS)
        for ties in ("average", "stable")
    ]
    assert protocols[0] != protocols[1]


@pytest.mark.parametrize(
    ("variant", "search", "held", "expected"),
    [
        ("cvh", {"cvh": {"extra_bits": ["rotate", "repeat"]}}, 0, 3 * 100 + 2 * 80 / 2),
        ("ours", {"ours": {"epochs": [2, 6], "layers": [1, 2]}}, 0, 6 * 3 * 100 + 8 * 2 * 80 / 2),
        ("semantic", {"semantic": {"layers": [1, 2]}}, 20, 100 + 2 * 100 / 2),
    ],
)
def test_examples_are_pairs_times_epochs_and_codes_and_half_the_search_of_two_seeds(
    variant: str, search: dict[str, object], held: int, expected: float
) -> None:
    settings = paper_settings(search=search)
    found = plan(DEEP, settings).examples_seen(CORPUS, variant, {"train": 100, "validation": held})
    assert found == {"train": expected}
