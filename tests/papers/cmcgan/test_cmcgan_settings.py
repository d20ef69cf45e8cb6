from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from fixture_cmcgan import CONFIG, paper_settings

from crossmodal.config import load_edition, resolve
from crossmodal.papers.cmcgan.data import FILES
from crossmodal.papers.cmcgan.plan import INPUTS, CorpusPlan
from crossmodal.papers.cmcgan.settings import PaperSettings

EDITIONS = sorted(path.stem for path in (CONFIG / "editions").glob("*.yaml"))
SHEET = {
    "fig1_framework",
    "fig6_dynamic_network",
    "fig2_generated",
    "table1_generated_accuracy",
    "fig3_paths",
    "fig4_latent_depth",
    "fig5_adversarial_loss",
    "table2_dynamic_classification",
    "table_generation_quality",
}


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_family_resolves(edition: str) -> None:
    settings = resolve(PaperSettings, "cmcgan", load_edition(edition, CONFIG), None, CONFIG)
    assert set(settings.artefacts) >= SHEET
    for name in settings.families:
        settings.model_settings(name)


def test_the_papers_values() -> None:
    values = yaml.safe_load((CONFIG / "papers" / "cmcgan.yaml").read_text(encoding="utf-8"))
    settings = PaperSettings.model_validate(values)
    sizes, ours = settings.sizes, settings.model_settings("cmcgan")
    assert (sizes.picture_px, sizes.bands, sizes.steps, sizes.width) == (128, 128, 32, 64)
    assert (ours.batch, ours.epochs, ours.noise, ours.layers) == (64, 200, 100, 7)
    assert (ours.learning_rate, ours.discriminator_rate, ours.momentum) == (1e-3, 1e-3, 0.9)
    assert (ours.split, ours.loss, ours.fakes, ours.paths) == ("split", "joint", "ends", "four")
    assert settings.model_settings("s2ic").noise == 10
    for layers in (5, 6, 7):
        suffix = "" if layers == 7 else f"_{layers}"
        for prefix, noise in (("cmcgan", 100), ("nlcmcgan", 0)):
            found = settings.model_settings(f"{prefix}{suffix}")
            assert (found.layers, found.noise) == (layers, noise)


def test_judges_are_classifiers_of_the_same_split() -> None:
    settings = paper_settings()
    assert settings.judge("image", "split") == "image_classifier"
    assert settings.judge("sound", "split_random") == "sound_classifier_random"
    plan = CorpusPlan(settings, "sub_urmp", [0, 1], "corpus", "out")
    assert INPUTS == FILES
    assert plan.judges("fusion") == []
    assert plan.judges("i2s_random") == [
        f"out/runs/sub_urmp/sound_classifier_random/seed{seed}/checkpoint.pt" for seed in (0, 1)
    ]
    assert len(plan.judges("cmcgan")) == 4
    with pytest.raises(KeyError):
        settings.judge("image", "no_split")


def test_families_can_have_fewer_seeds() -> None:
    settings = paper_settings(families={"lcgan": {"seeds": 1}})
    plan = CorpusPlan(settings, "sub_urmp", [3, 4], "corpus", "out")
    assert plan.runs("lcgan", "cmcgan") == [
        "out/runs/sub_urmp/cmcgan/seed3",
        "out/runs/sub_urmp/cmcgan/seed4",
        "out/runs/sub_urmp/lcgan/seed3",
    ]
    assert set(plan.families("translator")) == {"s2ic", "i2s", "s2ic_random", "i2s_random"}
    assert plan.training_settings("lcgan") != plan.training_settings("cmcgan")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"families": {"image_classifier_random": {"settings": {"split": "split"}}}}, "random"),
        ({"families": {"image_classifier": {"seeds": 1}}}, "more seeds than its judge"),
        ({"families": {"s2ic": {"settings": {"layers": 5}}}}, "7 layers"),
        ({"sizes": {"picture_px": 48}}, "power of two"),
    ],
)
def test_settings_that_cannot_be(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        paper_settings(**change)


def test_plan_imports_nothing_heavy() -> None:
    code = "import sys, crossmodal.papers.cmcgan.plan as p; print('torch' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
