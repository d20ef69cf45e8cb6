from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml
from fixture_cmcgan import CONFIG, paper_settings

from crossmodal.config import load_edition, resolve
from crossmodal.papers.cmcgan.plan import Plan
from crossmodal.papers.cmcgan.settings import PaperSettings
from crossmodal.runs import Run

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
def test_every_variant_resolves(edition: str) -> None:
    settings = resolve(PaperSettings, "cmcgan", load_edition(edition, CONFIG), None, CONFIG)
    assert set(settings.artefacts) >= SHEET
    for name in settings.variants:
        settings.resolved(name)


def test_the_papers_values() -> None:
    values = yaml.safe_load((CONFIG / "papers" / "cmcgan.yaml").read_text(encoding="utf-8"))
    settings = PaperSettings.model_validate(values)
    sizes, ours = settings.sizes, settings.resolved("cmcgan")
    assert (sizes.picture_px, sizes.bands, sizes.steps, sizes.width) == (128, 128, 32, 64)
    assert (ours.batch, ours.epochs, ours.noise, ours.layers) == (64, 200, 100, 7)
    assert (ours.learning_rate, ours.discriminator_rate, ours.momentum) == (1e-3, 1e-3, 0.9)
    assert (ours.split, ours.loss, ours.fakes, ours.paths) == ("split", "joint", "ends", "four")
    assert settings.resolved("s2ic").noise == 10
    for layers in (5, 6, 7):
        suffix = "" if layers == 7 else f"_{layers}"
        for prefix, noise in (("cmcgan", 100), ("nlcmcgan", 0)):
            found = settings.resolved(f"{prefix}{suffix}")
            assert (found.layers, found.noise) == (layers, noise)


def plan_of(settings: PaperSettings, seeds: list[int]) -> Plan:
    return Plan("cmcgan", settings, seeds, {})


def test_evaluators_are_classifiers_of_the_same_split_and_seed() -> None:
    settings = paper_settings()
    assert settings.evaluator("image", "split") == "image_classifier"
    plan = plan_of(settings, [0, 1])
    assert plan.before(Run("sub_urmp", "fusion", 1)) == {}
    assert plan.before(Run("sub_urmp", "i2s_random", 1)) == {
        "sound": Run("sub_urmp", "sound_classifier_random", 1)
    }
    assert plan.before(Run("sub_urmp", "cmcgan", 0)) == {
        modality: Run("sub_urmp", f"{modality}_classifier", 0) for modality in ("image", "sound")
    }
    with pytest.raises(KeyError):
        settings.evaluator("image", "no_split")


def test_variants_can_have_fewer_seeds() -> None:
    plan = plan_of(paper_settings(variants={"lcgan": {"seeds": 1}}), [3, 4])
    runs = plan.runs("sub_urmp")
    assert [run.seed for run in runs if run.variant == "cmcgan"] == [3, 4]
    assert [run.seed for run in runs if run.variant == "lcgan"] == [3]
    assert all(
        runs.index(one) < runs.index(run) for run in runs for one in plan.before(run).values()
    )
    decides = [plan.decides_training("sub_urmp", name) for name in ("lcgan", "cmcgan")]
    assert decides[0] != decides[1]
    json.dumps([*decides, plan.decides_evaluation("sub_urmp")])


def test_examples_seen_are_counted_by_phase() -> None:
    plan, pairs = plan_of(paper_settings(), [0]), {"train": 10, "validation": 3, "test": 2}
    assert plan.examples_seen("sub_urmp", "s2ic", pairs) == {"source": 10, "train": 10}
    assert plan.examples_seen("sub_urmp", "everything", pairs) == {"train": 15}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variants": {"image_classifier_random": {"settings": {"split": "split"}}}}, "random"),
        ({"variants": {"image_classifier": {"seeds": 1}}}, "more seeds than its evaluator"),
        ({"variants": {"s2ic": {"settings": {"layers": 5}}}}, "7 layers"),
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
