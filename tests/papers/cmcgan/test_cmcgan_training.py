from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from fixture_cmcgan import CLASSES, make_pairs, paper_settings, write_corpus
from torch import Tensor

from crossmodal.errors import InputError
from crossmodal.papers.cmcgan import data
from crossmodal.papers.cmcgan.augment import augment
from crossmodal.papers.cmcgan.fit import fit
from crossmodal.papers.cmcgan.learners import ClassifierLearner
from crossmodal.papers.cmcgan.model import Classifier, Generator, Shape
from crossmodal.papers.cmcgan.networks import classify, features_of, load_network, outputs
from crossmodal.papers.cmcgan.settings import ModelSettings, Sizes
from crossmodal.papers.cmcgan.step import Adversaries
from crossmodal.papers.cmcgan.train import train_runs
from crossmodal.resume import Resume
from crossmodal.runs import Run, load_checkpoint, read_run

CPU = torch.device("cpu")
SIZES = Sizes(picture_px=16, bands=16, steps=16, width=4)
CLASSIFIERS = ["image_classifier", "sound_classifier"]


def train(folder: Path, families: list[str], seeds: tuple[int, ...] = (0,), **changes: Any) -> Path:
    out = folder / "results"
    train_runs(
        paper_settings(**changes),
        "sub_urmp",
        "synthetic",
        families,
        list(seeds),
        folder / "corpus",
        out,
        threads=1,
    )
    return out


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_corpus(tmp_path / "corpus")
    return tmp_path


def test_parts_at_the_networks_size(corpus: Path) -> None:
    """Averaging down gives the pairs that were written larger."""
    parts = data.load_parts(corpus / "corpus", SIZES, "split")
    truth = make_pairs(48)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [24, 12, 12]
    assert parts.train.classes == CLASSES
    assert torch.equal(parts.train.picture, truth.picture[:24])
    torch.testing.assert_close(parts.test.sound, truth.sound[36:], rtol=0, atol=1e-5)
    assert parts.test.clips == truth.clips[36:]
    assert torch.equal(parts.validation.label, truth.label[24:36])
    x, a = parts.test.all()
    assert -1 <= float(x.min()) < -0.9
    assert x.shape == (12, 3, 16, 16)
    assert a.shape == (12, 1, 16, 16)
    random = data.load_parts(corpus / "corpus", SIZES, "split_random")
    assert random.test.clips == truth.clips[:12]
    whole = data.Pairs.joined([parts.train, parts.validation, parts.test])
    assert whole.clips == truth.clips
    assert torch.equal(whole.sound[36:], parts.test.sound)


def test_values_go_there_and_back() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(data.to_bytes(data.to_unit(pixels)), pixels)
    levels = torch.linspace(data.LOW_DB, data.HIGH_DB, 9)
    torch.testing.assert_close(data.to_db(data.to_scale(levels)), levels)
    assert data.to_scale(torch.tensor([-200.0, 200.0])).tolist() == [-1, 1]


@pytest.mark.parametrize("damage", ["split", "label"])
def test_parts_that_cannot_be_learned_from(corpus: Path, damage: str) -> None:
    path = corpus / "corpus" / "manifest.csv"
    frame = pd.read_csv(path)
    if damage == "split":
        frame["split"] = frame["split"].replace("validation", "train")
    else:
        frame.loc[frame["split"] == "test", "label"] = "tuba"
    frame.to_csv(path, index=False)
    with pytest.raises(InputError, match=r"validation|tuba"):
        data.load_parts(corpus / "corpus", SIZES, "split")


def test_augmented_pictures_are_shifted_copies() -> None:
    torch.manual_seed(0)
    x = torch.rand(40, 3, 20, 20) * 2 - 1
    found = augment(x)
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
    duel = Adversaries(shape, ModelSettings.model_validate(settings), CPU)
    pairs = make_pairs(12)
    x, a = pairs.all()

    def constant(values: Tensor) -> float:
        return float((values - values.median(dim=0).values).abs().mean())

    for _ in range(130):
        terms = duel.step(x, a, pairs.label)
    assert float(terms["l1_fr_image"]) < 0.5 * constant(x)
    assert float(terms["l1_fr_sound"]) < 0.2 * constant(a)


class KillError(Exception):
    """Stands for the kill of a job."""


@pytest.mark.parametrize("after", [2, 3, 8, 11])
def test_a_killed_training_ends_with_the_same_bits(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Killed in the middle of an epoch, of a translator's source, or between two runs."""
    families = ["cmcgan", "s2ic"]
    short: dict[str, Any] = {"models": {"cmcgan": {"epochs": 2}, "translator": {"epochs": 2}}}
    train(corpus, CLASSIFIERS)
    out = train(corpus, families, **short)
    runs = [Run("sub_urmp", name, 0).folder(out) for name in families]
    expected = [(run / "checkpoint.pt").read_bytes() for run in runs]
    histories = [(run / "history.csv").read_bytes() for run in runs]
    # As Snakemake does before it runs a job again; and of the whole training nothing is kept.
    for run in runs:
        (run / "checkpoint.pt").unlink()
    shutil.rmtree(out / ".state")
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
            train(corpus, families, **short)
    assert list((out / ".state").rglob("*.pt"))
    train(corpus, families, **short)
    assert [(run / "checkpoint.pt").read_bytes() for run in runs] == expected
    assert [(run / "history.csv").read_bytes() for run in runs] == histories
    assert not list((out / ".state").rglob("s*.pt"))


def test_run_folders(corpus: Path) -> None:
    families = ["fusion", "fusion_input", "cmcgan", "lcgan", "nlcmcgan_5", "standard", "i2s"]
    out = train(corpus, [*CLASSIFIERS, *families])
    for name in families:
        run = Run("sub_urmp", name, 0).folder(out)
        record = read_run(run)
        assert record["config"]["family"] == name
        assert record["seconds"] > 0
        assert any("image_classifier" in path for path in record["inputs"]) == (
            name not in ("fusion", "fusion_input", "i2s")
        )
        table = pd.read_csv(run / "history.csv")
        assert table["chosen"].sum() == 1
        assert table.notna().all().all()
    network, config = load_network(Run("sub_urmp", "cmcgan", 0).folder(out), CPU)
    assert isinstance(network, Generator)
    assert config["classes"] == CLASSES
    parts = data.load_parts(corpus / "corpus", SIZES, "split")
    made, again = outputs(network, parts.test), outputs(network, parts.test)
    assert len(made) == 8
    assert all(torch.equal(made[name], again[name]) for name in made)
    judge, _ = load_network(Run("sub_urmp", "image_classifier", 0).folder(out), CPU)
    assert isinstance(judge, Classifier)
    assert classify(judge, made["fr_image"]).shape == (12,)
    assert features_of(judge, made["fr_image"]).shape == (12, 64)
    translator, _ = load_network(Run("sub_urmp", "i2s", 0).folder(out), CPU)
    assert list(outputs(translator, parts.test)) == ["f_sound"]  # type: ignore[arg-type]
    record = json.loads((Run("sub_urmp", "cmcgan", 0).folder(out) / "run.json").read_text())
    assert set(record["network"]) == {
        "image_encoder",
        "sound_encoder",
        "image_decoder",
        "sound_decoder",
        "discriminator",
    }


def test_best_epoch_is_kept_by_validation() -> None:
    """The weights are those of the first epoch with the best validation accuracy."""

    class Scripted(ClassifierLearner):
        seen: list[dict[str, Tensor]]

        def validate(self, pairs: data.Pairs) -> dict[str, float]:
            weights = self.network.state_dict()
            self.seen.append({name: value.clone() for name, value in weights.items()})
            return {"accuracy": [0.2, 0.9, 0.9, 0.1][len(self.seen) - 1]}

    torch.manual_seed(0)
    settings = ModelSettings.model_validate({})
    learner = Scripted(Classifier(3, (16, 16), 7, 4, 3), settings, ("image",))
    learner.seen = []
    pairs = make_pairs(20)
    done = fit(learner, pairs, pairs, epochs=4, batch=8, decay=False)
    assert [row["chosen"] for row in done.rows] == [0, 1, 0, 0]
    assert all(torch.equal(learner.seen[1][name], done.weights[name]) for name in done.weights)
    steps = learner.optimiser.state[learner.optimiser.param_groups[0]["params"][0]]["step"]
    assert int(steps) == 8  # two full batches an epoch, the rest of four pairs left out


def test_decay_lowers_the_rate_over_the_second_half() -> None:
    class Watched(ClassifierLearner):
        rates: list[float]

        def step(self, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
            self.rates.append(self.optimiser.param_groups[0]["lr"])
            return super().step(x, a, label)

    torch.manual_seed(0)
    settings = ModelSettings.model_validate({"learning_rate": 0.4})
    learner = Watched(Classifier(3, (16, 16), 7, 4, 3), settings, ("image",))
    learner.rates = []
    pairs = make_pairs(16)
    fit(learner, pairs, pairs, epochs=4, batch=8, decay=True)
    assert learner.rates == pytest.approx([0.4, 0.4, 0.4, 0.4, 0.4, 0.3, 0.2, 0.1])


def test_seeds_differ_and_repeat(corpus: Path) -> None:
    out = train(corpus, ["image_classifier"], seeds=(0, 1))
    paths = [Run("sub_urmp", "image_classifier", k).folder(out) / "checkpoint.pt" for k in (0, 1)]
    first = [path.read_bytes() for path in paths]
    assert load_checkpoint(paths[0])["weights"]["top.weight"].dtype == torch.float32
    assert first[0] != first[1]
    shutil.rmtree(out / ".state")
    train(corpus, ["image_classifier"], seeds=(0, 1))
    assert [path.read_bytes() for path in paths] == first
