"""Scores of a trained network on test clips: retrieval, verification, clusters, generation.

Scores are `task|protocol|metric` -> one value an item, items in the same order in every run of a
split. A protocol that ends in `/chance` holds, item by item, what knowing nothing earns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from crossmodal.metrics.clustering import (
    adjusted_rand,
    chance_of_same,
    density_clusters,
    nearest_is_same,
)
from crossmodal.metrics.ranking import (
    permutation_test,
    reciprocal_rank_by_class,
    share_among_first,
)
from crossmodal.metrics.verification import auc_components, equal_error_rate
from crossmodal.papers.msvae.data import Clips
from crossmodal.papers.msvae.losses import Gaussian
from crossmodal.papers.msvae.model import MsVae
from crossmodal.papers.msvae.plan import DIRECTIONS, SPACES
from crossmodal.papers.msvae.settings import Protocol

Floats = NDArray[np.float64]
Scores = dict[str, Floats]
Scalars = list[dict[str, Any]]


def vectors(latent: Gaussian, distance: str) -> Floats:
    """Return clips as vectors [n, d] whose Euclidean distance is that of the protocol.

    Between means, or the 2-Wasserstein distance: means and deviations side by side.
    """
    parts = [latent.mean]
    if distance == "wasserstein":
        parts.append((latent.log_variance / 2).exp())
    return torch.cat(parts, dim=1).cpu().double().numpy()


def by_person(values: Floats, person: NDArray[np.int64]) -> Floats:
    """Return the mean of each person's rows: [n, d] -> [people, d], people from 0."""
    sums = np.zeros((int(person.max()) + 1, values.shape[1]))
    np.add.at(sums, person, values)
    return sums / np.bincount(person)[:, None]


def gender_numbers(table: pd.DataFrame) -> NDArray[np.int64] | None:
    """Return the gender of each person [people] by number; None unless all are known and differ."""
    genders = table.groupby("person")["gender"].first()  # sorted by person, as their numbers are
    if (genders == "").any() or genders.nunique() < 2:
        return None
    return np.asarray(pd.factorize(genders, sort=True)[0], np.int64)


def retrieval(
    latents: Mapping[str, Gaussian], clips: Clips, split: str, protocol: Protocol
) -> tuple[Scores, Scalars]:
    """Score both directions over all test clips and over all test people.

    Clips: one query a clip, as in the paper; the first clip of the person counts. People: one
    query a person, everyone being the mean of his or her clips. For gender the first clip or
    person of the query's gender counts, and the share of that gender among the first ones.

    Returns:
        `mrr`, `gender_mrr` and `gender_share` a query under `<split>/clips` and `<split>/people`,
        each with `/chance`; as scalars the p-values of the permutation tests, `<metric>_p`.
    """
    person = np.asarray(pd.factorize(clips.table["person"], sort=True)[0], np.int64)
    people = int(person.max()) + 1
    gender = gender_numbers(clips.table)
    scores: Scores = {}
    scalars: Scalars = []
    points = {name: vectors(latent, protocol.distance) for name, latent in latents.items()}
    for level, owner in (("clips", person), ("people", np.arange(people))):
        for task, (query, database) in DIRECTIONS.items():
            sides = [points[query], points[database]]
            if level == "people":
                sides = [by_person(side, person) for side in sides]
            closeness = -cdist(*sides)
            values = {"mrr": reciprocal_rank_by_class(closeness, owner, people)}
            if gender is not None:
                ranks = reciprocal_rank_by_class(closeness, gender[owner], 2)
                share = share_among_first(closeness, gender[owner], 2, protocol.first)
                values |= {"gender_mrr": ranks[:, gender], "gender_share": share[:, gender]}
            for metric, value in values.items():
                name = f"{split}/{level}"
                scores[f"{task}|{name}|{metric}"] = value[np.arange(len(owner)), owner]
                scores[f"{task}|{name}/chance|{metric}"] = value.mean(axis=1)
                test = permutation_test(
                    value, owner, permutations=protocol.permutations, seed=protocol.seed
                )
                scalars.append(_scalar(task, name, f"{metric}_p", test.p, len(owner)))
    return scores, scalars


def pairs_to_verify(
    table: pd.DataFrame, protocol: Protocol, same_gender: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Choose pairs of a face and a voice: every clip's own, and voices of other people.

    Args:
        table: Of the test clips.
        protocol: How many unmatched voices a face gets, and the seed that draws them (with
            replacement).
        same_gender: Unmatched voices are of the face's gender, so that gender does not help.

    Returns:
        Rows of the faces [m], rows of the voices [m], and which pairs match [m]. A clip for which
        there is no such other voice has its own only.
    """
    generator = np.random.default_rng(protocol.seed)
    person, gender = table["person"].to_numpy(), table["gender"].to_numpy()
    faces, voices = [np.arange(len(table))], [np.arange(len(table))]
    for row in range(len(table)):
        other = person != person[row]
        if same_gender:
            other &= gender == gender[row]
        if other.any():
            faces.append(np.full(protocol.negatives, row))
            voices.append(generator.choice(np.flatnonzero(other), protocol.negatives))
    face, voice = np.concatenate(faces), np.concatenate(voices)
    return face, voice, person[face] == person[voice]


def verification(
    latents: Mapping[str, Gaussian], clips: Clips, split: str, protocol: Protocol
) -> tuple[Scores, Scalars]:
    """Score whether face and voice are of one person, as in Learnable PINs.

    Returns:
        `auc` a pair under `<split>/all` and, where genders are known, `<split>/same_gender`, with
        chance 0.5; the equal error rates `eer` as scalars.
    """
    points = {name: vectors(latent, protocol.distance) for name, latent in latents.items()}
    scores: Scores = {}
    scalars: Scalars = []
    for name in ("all", "same_gender"):
        if name == "same_gender" and gender_numbers(clips.table) is None:
            continue
        face, voice, matched = pairs_to_verify(clips.table, protocol, name == "same_gender")
        if matched.all():
            continue
        closeness = -np.linalg.norm(points["face"][face] - points["voice"][voice], axis=1)
        place = f"{split}/{name}"
        scores[f"verification|{place}|auc"] = auc_components(closeness, matched)
        scores[f"verification|{place}/chance|auc"] = np.full(len(face), 0.5)
        rate = equal_error_rate(closeness, matched)
        scalars.append(_scalar("verification", place, "eer", rate, len(face)))
    return scores, scalars


def clustering(
    latents: Mapping[str, Gaussian], clips: Clips, split: str, protocol: Protocol
) -> tuple[Scores, Scalars]:
    """Cluster the means of the latents in the audio, the video and the joint space.

    Returns:
        Under `<split>/<space>` one value of `clusters`, `noise`, `adjusted_rand` (chance 0), and a
        value a point of `neighbour`: whether the nearest other point is of the same person, with
        chance; the radius as scalar.
    """
    person = np.asarray(pd.factorize(clips.table["person"], sort=True)[0], np.int64)
    scores: Scores = {}
    scalars: Scalars = []
    for space, modalities in SPACES.items():
        points = np.concatenate([vectors(latents[name], "means") for name in modalities])
        truth = np.tile(person, len(modalities))
        found = density_clusters(points, protocol.core_points)
        values = {
            "clusters": float(found.count),
            "noise": found.noise_share,
            "adjusted_rand": adjusted_rand(truth, found.labels),
        }
        place = f"{split}/{space}"
        scores |= {f"clustering|{place}|{name}": np.array([v]) for name, v in values.items()}
        scores[f"clustering|{place}/chance|adjusted_rand"] = np.zeros(1)
        scores[f"clustering|{place}|neighbour"] = nearest_is_same(points, truth)
        scores[f"clustering|{place}/chance|neighbour"] = chance_of_same(truth)
        scalars.append(_scalar("clustering", place, "radius", found.radius, len(points)))
    return scores, scalars


def generated(network: MsVae, latents: Mapping[str, Gaussian]) -> dict[str, Floats]:
    """Decode the means of the latents: `a_from_b` -> [n, width of a], as the network sees a."""
    made = {}
    with torch.no_grad():
        for source, latent in latents.items():
            for name, part in network.parts(network.decode(source, latent.mean)).items():
                made[f"{name}_from_{source}"] = part.double().cpu().numpy()
    return made


def generation(made: Mapping[str, Floats], test: Clips, train: Clips, split: str) -> Scores:
    """Compare what is decoded with the truth.

    Returns:
        `error`, the mean squared error over the outputs, a clip, under `<split>/generation`, and
        that of the mean of the training clips under `<split>/generation/chance`.
    """
    scores: Scores = {}
    for target, source in [(a, b) for a in ("face", "voice") for b in ("face", "voice")]:
        truth = getattr(test, target).double().cpu().numpy()
        mean = getattr(train, target).double().mean(dim=0).cpu().numpy()
        task = f"{source}_to_{target}"
        error = np.square(made[f"{target}_from_{source}"] - truth).mean(axis=1)
        scores[f"{task}|{split}/generation|error"] = error
        scores[f"{task}|{split}/generation/chance|error"] = np.square(mean - truth).mean(axis=1)
    return scores


def inputs(test: Clips, split: str) -> Scores:
    """Return by how much inputs differ between clips: root mean square over inputs, `deviation`."""
    scores: Scores = {}
    for name in ("face", "voice"):
        values = getattr(test, name).double().cpu().numpy()
        scores[f"input|{split}/{name}|deviation"] = np.array([np.sqrt(values.var(axis=0).mean())])
    return scores


def training(history: pd.DataFrame, split: str) -> Scores:
    """Return the loss of the first and the last epoch, with changing and with constant weights."""
    return {
        f"training|{split}/{name}|{column}": np.array([float(history[column].iloc[place])])
        for name, place in (("first", 0), ("last", -1))
        for column in ("total", "total_constant")
    }


def _scalar(task: str, protocol: str, metric: str, value: float, n: int) -> dict[str, Any]:
    """Return a row for `metrics.csv`."""
    return {"protocol": protocol, "task": task, "metric": metric, "value": value, "n": n}
