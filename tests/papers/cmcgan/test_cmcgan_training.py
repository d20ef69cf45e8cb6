from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from fixture_cmcgan import CLASSES, TINY_CHANGES, make_pairs, write_corpus
from fixture_cmcgan_results import CORPUS, paper_folder, windows, workspace
from torch import Tensor

from crossmodal import stages
from crossmodal.config import overlay
from crossmodal.errors import InputError
from crossmodal.papers.cmcgan import data
from crossmodal.papers.cmcgan.layers import Shape
from crossmodal.papers.cmcgan.model import (
    Classifier,
    Generator,
    classify,
    features_of,
    load,
    outputs,
)
from crossmodal.papers.cmcgan.settings import ModelSettings, Sizes
from crossmodal.papers.cmcgan.train import classifier_learner, fit, fit_best, gan_step, new_cmcgan
from crossmodal.resume import Resume
from crossmodal.runs import PaperFolder, Run, load_checkpoint, read_run

CPU = torch.device("cpu")
SIZES = Sizes(picture_px=16, bands=16, steps=16, width=4)
CLASSIFIERS = ["image_classifier", "sound_classifier"]


def train(
    root: Path, variants: list[str], seeds: tuple[int, ...] = (0,), **changes: Any
) -> PaperFolder:
    edition = workspace(root, overlay(TINY_CHANGES, changes))
    for variant in variants:
        for seed in seeds:
            stages.train(edition, "cmcgan", CORPUS, variant, seed, threads=1)
    return paper_folder(root)


def run_folder(root: Path, variant: str, seed: int = 0) -> Path:
    return paper_folder(root).run(Run(CORPUS, variant, seed))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_corpus(windows(tmp_path))
    return tmp_path


def test_pairs_at_the_networks_size(corpus: Path) -> None:
    """Averaging down gives the pairs that were written larger."""
    split = data.load_split(windows(corpus), SIZES, "split")
    truth = make_pairs(48)
    assert [len(part) for part in (split.train, split.validation, split.test)] == [24, 12, 12]
    assert split.train.classes == CLASSES
    assert torch.equal(split.train.picture, truth.picture[:24])
    torch.testing.assert_close(split.test.sound, truth.sound[36:], rtol=0, atol=1e-5)
    assert split.test.clips == truth.clips[36:]
    assert torch.equal(split.validation.label, truth.label[24:36])
    x, a = split.test.all()
    assert -1 <= float(x.min()) < -0.9
    assert x.shape == (12, 3, 16, 16)
    assert a.shape == (12, 1, 16, 16)
    random = data.load_split(windows(corpus), SIZES, "split_random")
    assert random.test.clips == truth.clips[:12]
    whole = data.Pairs.joined([split.train, split.validation, split.test])
    assert whole.clips == truth.clips
    assert torch.equal(whole.sound[36:], split.test.sound)


def test_values_go_there_and_back() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(data.to_bytes(data.to_unit(pixels)), pixels)
    levels = torch.linspace(data.LOW_DB, data.HIGH_DB, 9)
    torch.testing.assert_close(data.to_db(data.to_scale(levels)), levels)
    assert data.to_scale(torch.tensor([-200.0, 200.0])).tolist() == [-1, 1]


@pytest.mark.parametrize("damage", ["split", "label"])
def test_pairs_that_cannot_be_learned_from(corpus: Path, damage: str) -> None:
    path = windows(corpus) / "manifest.csv"
    frame = pd.read_csv(path)
    if damage == "split":
        frame["split"] = frame["split"].replace("validation", "train")
    else:
        frame.loc[frame["split"] == "test", "label"] = "tuba"
    frame.to_csv(path, index=False)
    with pytest.raises(InputError, match=r"validation|tuba"):
        data.load_split(windows(corpus), SIZES, "split")


def test_augmented_pictures_are_shifted_copies() -> None:
    torch.manual_seed(0)
    x = torch.rand(40, 3, 20, 20) * 2 - 1
    found = data.augment(x)
    assert found.shape == x.shape
    for one, true in zip(found, x, strict=True):
        best = 0.0
        for down in range(-2, 3):
            for right in range(-2, 3):
                moved = true.roll((down, right), (1, 2))[0, 3:17, 3:17].flatten()
                pair = torch.stack([moved, one[0, 3:17, 3:17].flatten()])
                best = max(best, float(torch.corrcoef(pair)[0, 1]))
        assert best > 0.999


def test_the_true_picture_from_the_true_sound() -> None:
    """A few pairs of three classes are learned: far closer than the best constant picture."""
    torch.manual_seed(0)
    shape = Shape((16, 16), (16, 16), 8, noise=16)
    settings = {"learning_rate": 2e-3, "adversarial": 0.1, "consistency": 10, "noise": 16}
    gan = new_cmcgan(shape, ModelSettings.model_validate(settings), CPU)
    pairs = make_pairs(12)
    x, a = pairs.all()

    def constant(values: Tensor) -> float:
        return float((values - values.median(dim=0).values).abs().mean())

    for _ in range(130):
        terms = gan_step(gan, x, a, pairs.label)
    assert float(terms["l1_fr_image"]) < 0.5 * constant(x)
    assert float(terms["l1_fr_sound"]) < 0.2 * constant(a)


class KillError(Exception):
    """Stands for the kill of a job."""


@pytest.mark.parametrize(("variant", "after"), [("cmcgan", 2), ("s2ic", 2), ("s2ic", 5)])
def test_a_killed_training_ends_with_the_same_bytes(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, variant: str, after: int
) -> None:
    """Killed in the middle of an epoch, and in a translator's source classifier."""
    short: dict[str, Any] = {"models": {"cmcgan": {"epochs": 2}, "translator": {"epochs": 2}}}
    paper = train(corpus, [*CLASSIFIERS, variant], **short)
    files = [run_folder(corpus, variant) / name for name in ("checkpoint.pt", "history.csv")]
    expected = [path.read_bytes() for path in files]
    shutil.rmtree(files[0].parent)
    shutil.rmtree(paper.root / ".state", ignore_errors=True)
    count = 0
    save = Resume.save

    def save_and_die(self: Resume, parts: Any, progress: Any) -> bool:
        nonlocal count
        save(self, parts, progress)
        count += 1
        if count == after:
            raise KillError
        return True

    with monkeypatch.context() as patch:
        patch.setattr(Resume, "save_if_due", save_and_die)
        with pytest.raises(KillError):
            train(corpus, [variant], **short)
    assert list((paper.root / ".state").rglob("*.pt"))
    train(corpus, [variant], **short)
    assert [path.read_bytes() for path in files] == expected


def test_run_folders(corpus: Path) -> None:
    variants = ["fusion", "fusion_input", "cmcgan", "lcgan", "nlcmcgan_5", "standard", "i2s"]
    train(corpus, [*CLASSIFIERS, *variants])
    for name in variants:
        record = read_run(run_folder(corpus, name))
        assert record["config"]["variant"] == name
        assert record["config"]["classes"] == CLASSES
        assert record["seconds"] > 0
        assert any("image_classifier" in path for path in record["inputs"]) == (
            name not in ("fusion", "fusion_input", "i2s")
        )
        table = pd.read_csv(run_folder(corpus, name) / "history.csv")
        assert table["chosen"].sum() == 1
        assert table.notna().all().all()
    parts = {
        f"{modality}_{role}" for modality in ("image", "sound") for role in ("encoder", "decoder")
    }
    assert set(read_run(run_folder(corpus, "cmcgan"))["network"]) == parts | {"discriminator"}
    generator, evaluator, translator = (
        load(load_checkpoint(run_folder(corpus, name) / "checkpoint.pt"))
        for name in ("cmcgan", "image_classifier", "i2s")
    )
    assert isinstance(generator, Generator)
    assert isinstance(evaluator, Classifier)
    test = data.load_split(windows(corpus), SIZES, "split").test
    made, again = outputs(generator, test), outputs(generator, test)
    assert len(made) == 8
    assert all(torch.equal(made[name], again[name]) for name in made)
    assert classify(evaluator, made["fr_image"]).shape == (12,)
    assert features_of(evaluator, made["fr_image"]).shape == (12, 64)
    assert list(outputs(translator, test)) == ["f_sound"]


def test_fit_needs_no_job(corpus: Path) -> None:
    """Without the workflow: the same network as its run."""
    train(corpus, CLASSIFIERS)
    run = load_checkpoint(run_folder(corpus, "sound_classifier") / "checkpoint.pt")
    settings = ModelSettings.model_validate(run["config"]["settings"])
    split = data.load_split(windows(corpus), SIZES, "split")
    learner, rows = fit("classifier", SIZES, settings, split, seed=0)
    assert len(rows) == settings.epochs
    weights = learner.network.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in run["weights"].items())


def test_best_epoch_is_kept_by_validation() -> None:
    """The weights are those of the first epoch with the best validation accuracy."""
    torch.manual_seed(0)
    settings = ModelSettings.model_validate({"epochs": 4, "batch": 8})
    learner = classifier_learner(Classifier(3, (16, 16), 7, 4, 3), settings, ("image",))
    seen: list[dict[str, Tensor]] = []

    def validate(pairs: data.Pairs) -> dict[str, float]:
        weights = learner.network.state_dict()
        seen.append({name: value.clone() for name, value in weights.items()})
        return {"accuracy": [0.2, 0.9, 0.9, 0.1][len(seen) - 1]}

    pairs = make_pairs(20)
    rows = fit_best(replace(learner, validate=validate), pairs, pairs, settings)
    assert [row["chosen"] for row in rows] == [0, 1, 0, 0]
    found = learner.network.state_dict()
    assert all(torch.equal(seen[1][name], found[name]) for name in found)
    optimizer: Any = learner.parts["optimizer"]
    # Two full batches an epoch, the rest of four pairs left out.
    assert int(next(iter(optimizer.state.values()))["step"]) == 8


def test_decay_lowers_the_rate_over_the_second_half() -> None:
    torch.manual_seed(0)
    values = {"learning_rate": 0.4, "epochs": 4, "batch": 8, "decay": True}
    settings = ModelSettings.model_validate(values)
    learner = classifier_learner(Classifier(3, (16, 16), 7, 4, 3), settings, ("image",))
    optimizer: Any = learner.parts["optimizer"]
    rates: list[float] = []

    def step(x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
        rates.append(optimizer.param_groups[0]["lr"])
        return learner.step(x, a, label)

    pairs = make_pairs(16)
    fit_best(replace(learner, step=step), pairs, pairs, settings)
    assert rates == pytest.approx([0.4, 0.4, 0.4, 0.4, 0.4, 0.3, 0.2, 0.1])


def test_seeds_differ_and_repeat(corpus: Path) -> None:
    paper = train(corpus, ["image_classifier"], seeds=(0, 1))
    paths = [run_folder(corpus, "image_classifier", seed) / "checkpoint.pt" for seed in (0, 1)]
    first = [path.read_bytes() for path in paths]
    assert load_checkpoint(paths[0])["weights"]["top.weight"].dtype == torch.float32
    assert first[0] != first[1]
    shutil.rmtree(paper.root / ".state", ignore_errors=True)
    train(corpus, ["image_classifier"], seeds=(0, 1))
    assert [path.read_bytes() for path in paths] == first
