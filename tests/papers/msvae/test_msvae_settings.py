from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fixture_msvae import CONFIG, CORPUS, paper_settings

from crossmodal.config import CorpusChoice, load_edition, resolve
from crossmodal.errors import InputError
from crossmodal.papers.msvae.plan import Plan
from crossmodal.papers.msvae.settings import MethodSettings, PaperSettings
from crossmodal.papers.plan import CorpusAtHand

EDITIONS = sorted(path.stem for path in (CONFIG / "editions").glob("*.yaml"))
WRITTEN = ("written", "written_validated", "written_identity")


def resolved(edition: str = "paper", overrides: dict[str, Any] | None = None) -> PaperSettings:
    return resolve(PaperSettings, "msvae", load_edition(edition, CONFIG), overrides, CONFIG)


def plan(settings: PaperSettings | None = None) -> Plan:
    at_hand = CorpusAtHand(CORPUS, Path("corpus"), CorpusChoice.model_validate({}), ["msvae"])
    return Plan("msvae", settings or paper_settings(), [0, 5], {CORPUS: at_hand})


def test_the_papers_values() -> None:
    written = resolved().method_settings("written")
    assert (written.latent, written.epochs, written.learning_rate) == (100, 8, 1e-5)
    assert written.decoder == [512, 512, 512, 640, 640, 640]
    weights = [written.kl_weight_in(epoch) for epoch in range(8)]
    assert weights == [0.1] * 5 + [0.01] * 3
    assert (written.keep, written.voice, written.decoders) == ("last", "voice_as_written", "shared")
    parent = resolved().method_settings("validated")
    assert parent.kl_weight_in(9) == 0.1
    assert parent.kl_weight_in(10) == 0.01


@pytest.mark.parametrize("edition", EDITIONS)
def test_variants_differ_by_what_their_names_say(edition: str) -> None:
    settings = resolved(edition)
    found = {name: settings.method_settings(name).model_dump() for name in settings.variants}

    def differences(left: str, right: str) -> set[str]:
        return {key for key in found[left] if found[left][key] != found[right][key]}

    assert differences("written", "corrected") == {"voice"}
    assert differences("corrected", "whole_clip") == {"voice"}
    assert differences("corrected", "constant_kl") == {"kl_switch"}
    assert differences("corrected", "mean_error") == {"error"}
    assert differences("written_validated", "validated") == {"voice"}
    assert differences("validated", "no_wasserstein") == {"wasserstein_weight"}
    assert differences("validated", "separate_decoders") == {"decoders"}
    for name in ("written", "corrected", "validated"):
        assert differences(name, f"{name}_identity") == set()
    for name, values in found.items():
        assert (values["voice"] == "voice_as_written") == (name in WRITTEN)
        assert (settings.variants[name].split == "identity") == name.endswith("_identity")


def test_runs_and_inputs() -> None:
    assert plan().corpora() == [CORPUS]
    assert [run.seed for run in plan().runs(CORPUS)[:2]] == [0, 5]
    assert len(plan().runs(CORPUS)) == 2 * len(paper_settings().variants)
    assert plan().features(CORPUS, "written") == ["face_grey", "voice_as_written"]
    voices = ["voice", "voice_as_written", "voice_whole_clip"]
    assert plan().features(CORPUS) == ["face_grey", *voices]
    assert plan().evaluation_features(CORPUS)[-2:] == ["pictures", "waves"]
    assert plan(paper_settings(only=["corrected"])).features(CORPUS) == ["face_grey", "voice"]


def changed(**changes: object) -> set[str]:
    before, after = plan(), plan(paper_settings(**changes))
    return {
        name
        for name in before.variants(CORPUS)
        if before.decides_training(CORPUS, name) != after.decides_training(CORPUS, name)
    }


def test_what_decides_a_training_says_what_has_to_be_trained_again() -> None:
    everyone = set(paper_settings().variants)
    strangers = {name for name in everyone if name.endswith("_identity")}
    assert changed(method={"batch": 9}) == everyone
    assert changed(variants={"whole_clip": {"settings": {"epochs": 9}}}) == {"whole_clip"}
    assert changed(identity={"seed": 3}) == strangers
    assert changed(variants={"written": {"title": "Another"}}) == set()
    assert changed(protocol={"first": 3}) == set()
    scored = plan(paper_settings(protocol={"first": 3})).decides_evaluation(CORPUS)
    assert scored != plan().decides_evaluation(CORPUS)


def test_examples_are_counted() -> None:
    pairs = {"train": 70, "validation": 10, "test": 20}
    counted = {
        name: plan().examples_seen(CORPUS, name, pairs) for name in paper_settings().variants
    }
    assert counted["written"] == {"train": 3 * 80}
    assert counted["validated"] == {"train": 2 * 70}
    assert counted["validated_identity"] == {"train": 2 * 70}


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"method": {"latnt": 3}}, "Did you mean `latent`"),
        ({"variants": {"written": {"split": "people"}}}, "variants.written.split"),
        ({"protocol": {"distance": "cosine"}}, "protocol.distance"),
        ({"method": {"keep": "first"}}, "method.keep"),
    ],
)
def test_wrong_settings_are_named(overrides: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=r"papers/msvae\.yaml") as caught:
        resolved(overrides=overrides)
    assert named in str(caught.value)


def test_a_variants_settings_lie_over_the_methods() -> None:
    settings = paper_settings(method={"batch": 3}, variants={"written": {"settings": {"batch": 5}}})
    assert settings.method_settings("written").batch == 5
    assert settings.method_settings("corrected").batch == 3
    assert MethodSettings.model_validate({}).kl_switch == 5
    assert settings.method_settings("constant_kl").kl_switch is None
