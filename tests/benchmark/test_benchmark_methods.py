from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from fixture_benchmark import SMALL, budget, task, write_things
from sklearn.cross_decomposition import CCA
from sklearn.linear_model import LogisticRegression

from crossmodal.benchmark.data import Items, TaskData, load_task
from crossmodal.benchmark.methods import fit
from crossmodal.benchmark.methods.base import Fitted, in_blocks, similarities
from crossmodal.benchmark.methods.captions import _batches
from crossmodal.benchmark.methods.facevoice import of_pairs
from crossmodal.benchmark.methods.infonce import contrast
from crossmodal.benchmark.scoring import quality
from crossmodal.benchmark.settings import NEEDS, SETTINGS
from crossmodal.metrics import retrieval
from crossmodal.metrics.hamming import pack

LEARNERS = [name for name in SMALL if name != "chance"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> TaskData:
    folder = write_things(tmp_path_factory.mktemp("things"))
    return load_task(task(), folder, budget(copies=2, vectors=12), 0)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> TaskData:
    folder = write_things(tmp_path_factory.mktemp("pairs"))
    definition = task(answer="pair", unique=True)
    return load_task(definition, folder, budget(copies=2, vectors=12), 0)


def fitted(
    name: str, data: TaskData, passes: int, *, seed: int = 0, unique: bool = False
) -> Fitted:
    return fit(
        name, data.train, SETTINGS[name].model_validate(SMALL[name]), passes, seed, unique=unique
    )


@pytest.mark.parametrize("name", ["captions", "cmcgan", "facevoice", "infonce"])
def test_a_training_that_diverged_scores_as_chance(name: str, things: TaskData) -> None:
    settings = SETTINGS[name].model_validate(SMALL[name] | {"learning_rate": 1e30})
    model = fit(name, things.train, settings, 2, 0, unique=False)
    assert model.diverged
    assert bool(in_blocks(model.pictures, things.test).isfinite().all())
    chance = quality(fitted("chance", things, 1), things.test)
    assert quality(model, things.test) == pytest.approx(chance)
    for make in (model.picture_from_sound, model.sound_from_picture):
        assert make is None or bool(in_blocks(make, things.test).isfinite().all())


@pytest.mark.parametrize("name", LEARNERS)
def test_every_method_learns_an_easy_pairing(name: str, things: TaskData) -> None:
    """Three classes of equal size: a random order has a mean average precision of about 0.42."""
    chance = quality(fitted("chance", things, 1), things.validation)
    model = fitted(name, things, {"captions": 5, "cmcgan": 4, "msvae": 40}.get(name, 15))
    assert quality(model, things.test) > chance + (0.05 if name == "cmcgan" else 0.3)
    assert model.parameters > 0
    assert len(model.history)
    assert all(bool(value.isfinite().all()) for value in model.weights.values())


@pytest.mark.parametrize("name", LEARNERS)
def test_same_seed_same_embeddings_bit_for_bit(name: str, things: TaskData) -> None:
    first, second, other = (fitted(name, things, 1, seed=seed) for seed in (3, 3, 4))
    for side in ("pictures", "sounds"):
        left, right = (in_blocks(getattr(model, side), things.test) for model in (first, second))
        assert left.shape[0] == len(things.test)
        assert left.equal(right)
    if name not in ("linear", "cca"):
        assert not in_blocks(first.sounds, things.test).equal(in_blocks(other.sounds, things.test))


@pytest.mark.parametrize(
    "name", [name for name in SMALL if not NEEDS.get(name, set()) & {"classes"}]
)
def test_pairs_can_be_learned_without_classes(name: str, pairs: TaskData) -> None:
    model = fitted(name, pairs, 1, unique=True)
    left, right = in_blocks(model.pictures, pairs.test), in_blocks(model.sounds, pairs.test)
    assert left.shape == right.shape
    assert bool(left.isfinite().all())


@pytest.mark.parametrize("name", ["cmcgan", "msvae", "linear"])
def test_what_is_made_has_the_shape_of_true_items(name: str, things: TaskData) -> None:
    model = fitted(name, things, 1)
    assert model.picture_from_sound is not None
    assert model.sound_from_picture is not None
    picture = in_blocks(model.picture_from_sound, things.test)
    sound = in_blocks(model.sound_from_picture, things.test)
    if name == "cmcgan":
        assert picture.shape == things.test.picture.shape
        assert sound.shape == things.test.sound.shape
    else:
        assert picture.shape == things.test.picture_vector.shape
        assert sound.shape == things.test.sound_vector.shape


def test_chance_is_what_a_random_order_gives(things: TaskData) -> None:
    model = fitted("chance", things, 1)
    nothing = in_blocks(model.pictures, things.test)
    answer = things.test.answer.numpy()
    found = retrieval.average_precision_scores(
        similarities(nothing, nothing, model.comparison), answer, answer
    )
    np.testing.assert_allclose(found, retrieval.chance_average_precision(answer, answer))


def test_linear_classifiers_are_those_of_scikit_learn(things: TaskData) -> None:
    model = fitted("linear", things, 1)
    train, test = things.train, things.test
    known = LogisticRegression(C=0.1, max_iter=200).fit(
        train.sound_vector.double().numpy(), train.answer.numpy()
    )
    np.testing.assert_allclose(
        in_blocks(model.sounds, test).numpy(),
        known.predict_proba(test.sound_vector.double().numpy()),
        atol=1e-5,
    )


def test_linear_classifiers_of_two_classes_sum_to_one(things: TaskData) -> None:
    two = things.train.take(torch.nonzero(things.train.answer < 2)[:, 0])
    model = fit("linear", two, SETTINGS["linear"].model_validate({}), 1, 0, unique=False)
    found = in_blocks(model.pictures, two)
    known = LogisticRegression(C=0.1, max_iter=200).fit(
        two.picture_vector.double().numpy(), two.answer.numpy()
    )
    np.testing.assert_allclose(
        found.numpy(), known.predict_proba(two.picture_vector.double().numpy()), atol=1e-5
    )


def test_canonical_correlations_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    shared = random.standard_normal((300, 2))
    sides = [
        shared @ random.standard_normal((2, 5)) + random.standard_normal((300, 5)) for _ in range(2)
    ]
    picture, sound = (torch.from_numpy(side).float() for side in sides)
    empty = torch.empty(300, 0, 1, 1)
    items = Items(empty, empty, picture, sound, torch.arange(300))
    plain = SETTINGS["cca"].model_validate({"regularisation": 0.0})
    model = fit("cca", items, plain, 1, 0, unique=True)
    left, right = CCA(2, max_iter=2000, tol=1e-10).fit_transform(*sides)
    known = [abs(np.corrcoef(left[:, k], right[:, k])[0, 1]) for k in range(2)]
    np.testing.assert_allclose(model.history["correlation"][:2], known, atol=1e-4)
    ours = in_blocks(model.pictures, items).numpy()
    assert abs(np.corrcoef(ours[:, 0], left[:, 0])[0, 1]) > 0.999


def test_codes_are_ranked_as_by_hamming_distance(things: TaskData) -> None:
    model = fitted("hashing", things, 2)
    left, right = in_blocks(model.pictures, things.test), in_blocks(model.sounds, things.test)
    assert set(np.unique(left.numpy()).tolist()) <= {-1.0, 1.0}
    answer = things.test.answer.numpy()
    np.testing.assert_allclose(
        retrieval.average_precision_scores(
            similarities(left, right, model.comparison), answer, answer
        ),
        retrieval.average_precision_hamming(
            pack(left.numpy() > 0), pack(right.numpy() > 0), answer, answer
        ),
    )


def test_distances_of_latents_are_wasserstein(things: TaskData) -> None:
    model = fitted("msvae", things, 1)
    left, right = in_blocks(model.pictures, things.test), in_blocks(model.sounds, things.test)
    found = similarities(left[:1], right[:1], model.comparison)[0, 0]
    mean, deviation = left[0].chunk(2)
    other_mean, other_deviation = right[0].chunk(2)
    squares = (mean - other_mean).square().sum() + (deviation - other_deviation).square().sum()
    assert found == pytest.approx(-float(squares.sqrt()), rel=1e-5)
    assert bool((deviation > 0).all())


def test_the_contrastive_loss_is_the_mean_over_both_ways() -> None:
    generator = torch.Generator().manual_seed(0)
    picture, sound = (
        torch.nn.functional.normalize(torch.randn(4, 3, generator=generator)) for _ in range(2)
    )
    logits = (picture @ sound.T / 0.5).numpy().astype(np.float64)

    def one_way(scores: np.ndarray, answer: list[int]) -> float:
        total = 0.0
        for row, own in enumerate(answer):
            likely = scores[row] - np.log(np.exp(scores[row]).sum())
            total -= np.mean([likely[k] for k, other in enumerate(answer) if other == own])
        return total / len(answer)

    for answer in ([0, 1, 2, 3], [0, 1, 0, 1]):
        found = contrast(picture, sound, torch.tensor(answer), 0.5)
        known = (one_way(logits, answer) + one_way(logits.T, answer)) / 2
        assert float(found) == pytest.approx(known, rel=1e-5)


def test_no_answer_stands_twice_in_a_batch_of_captions() -> None:
    torch.manual_seed(0)
    answer = torch.tensor([0, 1, 2] * 10)
    found = _batches(answer, 8)
    assert sorted(torch.cat(found).tolist()) == list(range(30))
    assert all(len(set(answer[rows].tolist())) == len(rows) for rows in found)


def test_the_negative_of_a_pair_is_another_pair() -> None:
    answer = np.array([0, 0, 0, 0, 1, 2])
    triplets = of_pairs(answer, 0)
    assert triplets.face.tolist() == triplets.voice.tolist() == list(range(6))
    assert (answer[triplets.negative] != answer).all()
    assert triplets.negative.tolist() == of_pairs(answer, 0).negative.tolist()
