from __future__ import annotations

from typing import Any

import pytest
from fixture_msvae import CONFIG, CORPUS, paper_settings

from crossmodal.config import load_edition, resolve
from crossmodal.errors import InputError
from crossmodal.papers.msvae.plan import CorpusPlan
from crossmodal.papers.msvae.settings import MethodSettings, PaperSettings

EDITIONS = sorted(path.stem for path in (CONFIG / "editions").glob("*.yaml"))
WRITTEN = ("written", "written_validated", "written_identity")


def resolved(edition: str = "paper", overrides: dict[str, Any] | None = None) -> PaperSettings:
    return resolve(PaperSettings, "msvae", load_edition(edition, CONFIG), overrides, CONFIG)


def plan(settings: PaperSettings | None = None) -> CorpusPlan:
    return CorpusPlan(settings or paper_settings(), CORPUS, [0, 5], "windows", "out")


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
def test_families_differ_by_what_their_names_say(edition: str) -> None:
    settings = resolved(edition)
    found = {name: settings.method_settings(name).model_dump() for name in settings.families}

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
        assert (settings.families[name].split == "identity") == name.endswith("_identity")


def test_runs_and_inputs() -> None:
    identity = ["written_identity", "corrected_identity", "validated_identity"]
    assert plan().families("identity") == identity
    assert plan().families() == [*plan().families("published"), *identity]
    assert plan().runs("identity")[:2] == [
        f"out/runs/{CORPUS}/written_identity/seed{seed}" for seed in (0, 5)
    ]
    assert len(plan().runs()) == 2 * len(paper_settings().families)
    assert plan().inputs("identity") == [
        *("windows/manifest.csv", "windows/face_grey.npy"),
        *("windows/voice.npy", "windows/voice_as_written.npy"),
    ]
    assert "windows/voice_whole_clip.npy" in plan().inputs("published")


def changed(**changes: object) -> set[str]:
    after = paper_settings(**changes)
    before = paper_settings()
    return {
        split
        for split in plan().splits()
        if before.training_settings(split) != after.training_settings(split)
    }


def test_training_settings_say_what_has_to_be_trained_again() -> None:
    assert changed(method={"batch": 9}) == {"published", "identity"}
    assert changed(families={"whole_clip": {"settings": {"epochs": 9}}}) == {"published"}
    assert changed(families={"validated_identity": {"settings": {"epochs": 9}}}) == {"identity"}
    assert changed(families={"written": {"title": "Another"}}) == set()
    assert changed(protocol={"first": 3}) == set()


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"method": {"latnt": 3}}, "Did you mean `latent`"),
        ({"families": {"written": {"split": "people"}}}, "families.written.split"),
        ({"protocol": {"distance": "cosine"}}, "protocol.distance"),
        ({"method": {"keep": "first"}}, "method.keep"),
    ],
)
def test_wrong_settings_are_named(overrides: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=r"papers/msvae\.yaml") as caught:
        resolved(overrides=overrides)
    assert named in str(caught.value)


def test_a_familys_settings_lie_over_the_methods() -> None:
    settings = paper_settings(method={"batch": 3}, families={"written": {"settings": {"batch": 5}}})
    assert settings.method_settings("written").batch == 5
    assert settings.method_settings("corrected").batch == 3
    assert MethodSettings.model_validate({}).kl_switch == 5
    assert settings.method_settings("constant_kl").kl_switch is None
