from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixture_msvae import FACE, VOICE, method_settings, paper_settings, tiny_split

from crossmodal.papers.msvae import evaluate
from crossmodal.papers.msvae.data import Clips
from crossmodal.papers.msvae.evaluate import Measured
from crossmodal.papers.msvae.examples import vectors
from crossmodal.papers.msvae.losses import Gaussian, wasserstein
from crossmodal.papers.msvae.model import MsVae
from crossmodal.papers.msvae.settings import Protocol

PROTOCOL = paper_settings().protocol


def clips(people: list[str], genders: dict[str, str] | None = None) -> Clips:
    table = pd.DataFrame(
        {"clip": [f"clip{i}" for i in range(len(people))], "person": people, "label": people}
    )
    table["gender"] = [(genders or {}).get(name, "") for name in people]
    return Clips(torch.zeros(len(people), FACE), torch.zeros(len(people), VOICE), table)


def at(*places: float) -> Gaussian:
    """Return latents at given places of a line, all of the same deviation."""
    mean = torch.tensor(places, dtype=torch.float32)[:, None]
    return Gaussian(mean, torch.zeros_like(mean))


def protocol(**changes: Any) -> Protocol:
    return Protocol.model_validate({**PROTOCOL.model_dump(), **changes})


def scored(score: Any, *arguments: Any) -> tuple[Any, Any]:
    found = Measured("published")
    score(found, *arguments)
    places = {key.rpartition("|")[0] for key in found.scores}
    assert places == set(found.items)
    for key, values in found.scores.items():
        items = list(found.items[key.rpartition("|")[0]])
        assert len(values) == len(items) == len(set(items))
    return found.scores, found.scalars


def test_vectors_are_as_far_apart_as_the_gaussians() -> None:
    torch.manual_seed(0)
    left, right = (Gaussian(*torch.randn(2, 1, 4)) for _ in range(2))
    ends = [vectors(side, "wasserstein") for side in (left, right)]
    found = np.square(ends[0] - ends[1]).sum()
    assert found == pytest.approx(float(wasserstein(left, right)), rel=1e-5)
    assert vectors(left, "means").shape == (1, 4)


def test_retrieval_by_hand() -> None:
    """Faces at 0, 10, 20; b's voice is a's neighbour, c's lies at its face."""
    test = clips(["a", "b", "c"], {"a": "male", "b": "female", "c": "male"})
    latents = {"face": at(0, 10, 20), "voice": at(4, 1, 20)}
    scores, scalars = scored(evaluate.retrieval, latents, test, protocol(first=1))
    for level in ("people", "clips"):  # a clip each: both levels are the same
        np.testing.assert_allclose(
            scores[f"face_to_voice|published/{level}|mrr"], [1 / 2, 1 / 2, 1]
        )
        np.testing.assert_allclose(scores[f"voice_to_face|published/{level}|mrr"], [1, 1 / 2, 1])
        np.testing.assert_allclose(
            scores[f"face_to_voice|published/{level}/chance|mrr"], np.full(3, 11 / 18)
        )
        np.testing.assert_allclose(
            scores[f"face_to_voice|published/{level}|gender_share"], [0, 0, 1]
        )
        np.testing.assert_allclose(
            scores[f"face_to_voice|published/{level}|gender_mrr"], [1 / 2, 1 / 2, 1]
        )
    assert {row["metric"] for row in scalars} == {"mrr_p", "gender_mrr_p", "gender_share_p"}


def test_people_are_the_means_of_their_clips() -> None:
    test = clips(["a", "a", "b", "b"])
    latents = {"face": at(0, 4, 10, 14), "voice": at(14, 0, 3, 5)}
    scores, _ = scored(evaluate.retrieval, latents, test, PROTOCOL)
    # a's faces lie at 2 on average, its voices at 7, b's voices at 4.
    assert scores["face_to_voice|published/people|mrr"].tolist() == [0.5, 0.5]
    assert scores["face_to_voice|published/clips|mrr"].tolist() == [1, 1 / 3, 1 / 2, 1 / 2]
    assert not any("gender" in key for key in scores)


def test_pairs_to_verify() -> None:
    genders = {"a": "male", "b": "female", "c": "male"}
    table = clips(["a", "a", "b", "c"], genders).table
    face, voice, matched = evaluate.pairs_to_verify(table, protocol(negatives=5), True)
    person = table["person"].to_numpy()
    assert face[:4].tolist() == voice[:4].tolist() == [0, 1, 2, 3]
    assert matched[:4].all()
    assert not matched[4:].any()
    assert len(face) == 4 + 3 * 5  # nobody else is of b's gender
    assert all(genders[person[i]] == genders[person[j]] for i, j in zip(face, voice, strict=True))
    again = evaluate.pairs_to_verify(table, protocol(negatives=5), True)
    assert again[1].tolist() == voice.tolist()
    anyone = evaluate.pairs_to_verify(table, protocol(negatives=5), False)
    assert len(anyone[0]) == 4 + 4 * 5


def test_verification_of_separable_and_of_equal_latents() -> None:
    test = clips(["a", "b", "c", "d"])
    apart = {"face": at(0, 10, 20, 30), "voice": at(1, 11, 19, 29)}
    scores, scalars = scored(evaluate.verification, apart, test, PROTOCOL)
    assert scores["verification|published/all|auc"].mean() == pytest.approx(1)
    assert [row["value"] for row in scalars] == [0]
    alike = {"face": at(0, 0, 0, 0), "voice": at(1, 1, 1, 1)}
    scores, scalars = scored(evaluate.verification, alike, test, PROTOCOL)
    assert scores["verification|published/all|auc"].mean() == pytest.approx(0.5)
    assert [row["value"] for row in scalars] == [pytest.approx(0.5)]


def test_clusters_of_the_three_spaces() -> None:
    people = [name for name in "abc" for _ in range(4)]
    tight = [100 * place + 0.01 * clip for place in range(3) for clip in range(4)]
    mixed = [100 * (clip % 3) + 0.01 * clip for clip in range(12)]
    latents = {"face": at(*tight), "voice": at(*mixed)}
    scores, _ = scored(evaluate.clustering, latents, clips(people), protocol(core_points=3))
    rand = {
        space: scores[f"clustering|published/{space}|adjusted_rand"].item()
        for space in ("audio", "video", "joint")
    }
    assert rand["video"] == 1
    assert rand["audio"] < 0.1
    assert scores["clustering|published/video|clusters"].item() == 3
    assert scores["neighbour|published/video|same_person"].mean() == 1
    assert len(scores["neighbour|published/joint|same_person"]) == 24
    np.testing.assert_allclose(scores["neighbour|published/audio/chance|same_person"], 3 / 11)


def test_generation_is_compared_with_the_mean_of_the_training_clips() -> None:
    split = tiny_split()
    network = MsVae(FACE, VOICE, method_settings()).eval()
    with torch.no_grad():
        latents = {
            name: network.encode(name, getattr(split.test, name)) for name in ("face", "voice")
        }
    made = evaluate.generated(network, latents)
    assert {name: values.shape[1] for name, values in made.items()} == {
        "face_from_face": FACE,
        "voice_from_face": VOICE,
        "face_from_voice": FACE,
        "voice_from_voice": VOICE,
    }
    scores, _ = scored(evaluate.generation, made, split.test, split.train)
    truth, mean = split.test.face.numpy(), split.train.face.numpy().mean(axis=0)
    found = scores["voice_to_face|published/generation|error"]
    np.testing.assert_allclose(
        found, np.square(made["face_from_voice"] - truth).mean(axis=1), rtol=1e-6
    )
    np.testing.assert_allclose(
        scores["voice_to_face|published/generation/chance|error"],
        np.square(mean - truth).mean(axis=1),
        rtol=1e-5,
    )
    with torch.no_grad():  # by hand: the decoder on the mean of the voice's latent
        decoded = network.decode("voice", latents["voice"].mean)[:, :FACE]
    np.testing.assert_allclose(made["face_from_voice"], decoded.numpy(), rtol=1e-6)


def test_inputs_and_training_as_scores() -> None:
    split = tiny_split()
    found, _ = scored(evaluate.inputs, split.test)
    expected = np.sqrt(split.test.voice.double().numpy().var(axis=0).mean())
    assert found["input|published/voice|deviation"] == pytest.approx(expected)
    history = pd.DataFrame({"total": [5.0, 4.0, 2.0], "total_constant": [4.0, 3.0, 2.5]})
    scores, _ = scored(evaluate.losses, history)
    assert scores["training|published/first|total"].tolist() == [5]
    assert scores["training|published/last|total_constant"].tolist() == [2.5]
