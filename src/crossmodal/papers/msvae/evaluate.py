"""Scores of trained networks on test clips: retrieval, verification, clusters, generation.

Scores are `task|<split>/<place>|metric` -> one value an item. A place that ends in `/chance` holds,
item by item, what knowing nothing earns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from crossmodal.jobs import EvaluationJob
from crossmodal.metrics.clustering import (
    adjusted_rand,
    chance_of_same,
    density_clusters,
    nearest_is_same,
)
from crossmodal.metrics.ranking import permutation_test, reciprocal_rank_by_class, share_among_first
from crossmodal.metrics.verification import auc_components, equal_error_rate
from crossmodal.papers.msvae.data import Clips, Split, load_split
from crossmodal.papers.msvae.examples import (
    DIRECTIONS,
    by_person,
    corpus_examples,
    run_examples,
    vectors,
)
from crossmodal.papers.msvae.losses import Gaussian
from crossmodal.papers.msvae.model import MODALITIES, MsVae, load
from crossmodal.papers.msvae.settings import PaperSettings, Protocol
from crossmodal.papers.msvae.train import encode
from crossmodal.progress import progress
from crossmodal.runs import Run, load_checkpoint, read_csv
from crossmodal.scores import Scored

SPACES = {"audio": ("voice",), "video": ("face",), "joint": ("face", "voice")}
"""Space -> the modalities whose points it holds, as in Figure 3."""

Floats = NDArray[np.float64]
Names = Sequence[str] | NDArray[np.str_]


@dataclass
class Measured:
    """What a run scored so far.

    Attributes:
        split: The run's, first word of every protocol.
        scores: `task|<split>/<place>|metric` -> one value an item.
        items: `task|<split>/<place>` -> their names.
        scalars: Further rows of the metrics.
    """

    split: str
    scores: dict[str, Floats] = field(default_factory=dict)
    items: dict[str, Names] = field(default_factory=dict)
    scalars: list[dict[str, Any]] = field(default_factory=list)

    def add(self, task: str, place: str, items: Names, **values: Floats) -> None:
        """Take scores of items, by metric."""
        where = f"{task}|{self.split}/{place}"
        self.items[where] = items
        self.scores |= {f"{where}|{metric}": value for metric, value in values.items()}

    def add_whole(self, task: str, place: str, **values: float) -> None:
        """Take numbers of all test clips together: one item, the same in every run of a split."""
        arrays = {metric: np.array([value]) for metric, value in values.items()}
        self.add(task, place, [f"{self.split} test clips"], **arrays)

    def add_scalar(self, task: str, place: str, metric: str, value: float, n: int) -> None:
        """Take a number that has no items."""
        row = {"protocol": f"{self.split}/{place}", "task": task, "metric": metric}
        self.scalars.append({**row, "value": value, "n": n})


def evaluate(job: EvaluationJob) -> Iterator[Scored]:
    """Score every run; what Figure 1 shows is of the corpus."""
    settings: PaperSettings = job.settings
    job.examples.update(corpus_examples(job.corpus_results, settings.protocol.query))
    splits: dict[str, Split] = {}
    for run in progress(job.runs, title=f"evaluating {job.corpus}", unit="run"):
        if run.variant not in splits:
            splits = {run.variant: load_split(settings, run.variant, job.corpus_results)}
        folder = job.paper.run(run)
        content = load_checkpoint(folder / "checkpoint.pt")
        history = read_csv(folder / "history.csv")
        yield evaluate_run(run, content, history, splits[run.variant], settings.protocol)


def evaluate_run(
    run: Run, content: dict[str, Any], history: pd.DataFrame, split: Split, protocol: Protocol
) -> Scored:
    """Score one trained run on its test clips.

    Args:
        content: Its checkpoint's content.
        history: Of its training.
        split: The corpus as the run's variant wants it.
    """
    network, test = load(content), split.test
    latents = encode(network, test)
    made = generated(network, latents)
    found = Measured(content["config"]["split"])
    inputs(found, test)
    losses(found, history)
    for score in (retrieval, verification, clustering):
        score(found, latents, test, protocol)
    generation(found, made, test, split.train)
    shown = run_examples(latents, made, split, protocol)
    return Scored(run, found.scores, found.items, found.scalars, shown)


def person_numbers(table: pd.DataFrame) -> NDArray[np.int64]:
    """Return the person of each clip [n] by number, sorted by name."""
    return np.asarray(pd.factorize(table["person"], sort=True)[0], np.int64)


def gender_numbers(table: pd.DataFrame) -> NDArray[np.int64] | None:
    """Return the gender of each person [people] by number; None unless all are known and differ."""
    genders = table.groupby("person")["gender"].first()  # sorted by person, as their numbers are
    if (genders == "").any() or genders.nunique() < 2:
        return None
    return np.asarray(pd.factorize(genders, sort=True)[0], np.int64)


def retrieval(
    found: Measured, latents: Mapping[str, Gaussian], clips: Clips, protocol: Protocol
) -> None:
    """Score both directions over all test clips and over all test people.

    Clips: one query a clip, as in the paper; the first clip of the person counts. People: one
    query a person, everyone being the mean of his or her clips. For gender the first clip or
    person of the query's gender counts, and the share of that gender among the first ones.

    Adds `mrr`, `gender_mrr` and `gender_share` a query under `clips` and `people`, each with
    `/chance`; as scalars the p-values of the permutation tests, `<metric>_p`.
    """
    person = person_numbers(clips.table)
    people = int(person.max()) + 1
    gender = gender_numbers(clips.table)
    points = {name: vectors(latent, protocol.distance) for name, latent in latents.items()}
    levels = {
        "clips": (person, clips.table["clip"].to_numpy(dtype=str)),
        "people": (np.arange(people), np.unique(clips.table["person"].to_numpy(dtype=str))),
    }
    for level, (owner, names) in levels.items():
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
            rows = np.arange(len(owner))
            own = {metric: value[rows, owner] for metric, value in values.items()}
            found.add(task, level, names, **own)
            chance = {metric: value.mean(axis=1) for metric, value in values.items()}
            found.add(task, f"{level}/chance", names, **chance)
            for metric, value in values.items():
                test = permutation_test(
                    value, owner, permutations=protocol.permutations, seed=protocol.seed
                )
                found.add_scalar(task, level, f"{metric}_p", test.p, len(owner))


def pairs_to_verify(
    table: pd.DataFrame, protocol: Protocol, same_gender: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Choose pairs of a face and a voice: every clip's own, and voices of other people.

    Args:
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


def pair_names(
    clips: NDArray[np.str_], face: NDArray[np.int64], voice: NDArray[np.int64]
) -> list[str]:
    """Name pairs by their clips; one that was drawn again has the number of its draw behind it."""
    names, drawn = [], Counter[str]()
    for name in (f"{clips[a]} + {clips[b]}" for a, b in zip(face, voice, strict=True)):
        drawn[name] += 1
        names.append(name if drawn[name] == 1 else f"{name} ({drawn[name]})")
    return names


def verification(
    found: Measured, latents: Mapping[str, Gaussian], clips: Clips, protocol: Protocol
) -> None:
    """Score whether face and voice are of one person, as in Learnable PINs.

    Adds `auc` a pair under `all` and, where genders are known, `same_gender`, with chance 0.5; the
    equal error rates `eer` as scalars.
    """
    points = {name: vectors(latent, protocol.distance) for name, latent in latents.items()}
    named = clips.table["clip"].to_numpy(dtype=str)
    for place in ("all", "same_gender"):
        if place == "same_gender" and gender_numbers(clips.table) is None:
            continue
        face, voice, matched = pairs_to_verify(clips.table, protocol, place == "same_gender")
        if matched.all():
            continue
        closeness = -np.linalg.norm(points["face"][face] - points["voice"][voice], axis=1)
        names = pair_names(named, face, voice)
        found.add("verification", place, names, auc=auc_components(closeness, matched))
        found.add("verification", f"{place}/chance", names, auc=np.full(len(face), 0.5))
        rate = equal_error_rate(closeness, matched)
        found.add_scalar("verification", place, "eer", rate, len(face))


def clustering(
    found: Measured, latents: Mapping[str, Gaussian], clips: Clips, protocol: Protocol
) -> None:
    """Cluster the means of the latents in the audio, the video and the joint space.

    Adds under the space one value of `clusters`, `noise`, `adjusted_rand` (chance 0), and as task
    `neighbour` a value a point, `same_person`: whether the nearest other point is of the same
    person, with chance; the radius as scalar.
    """
    person = person_numbers(clips.table)
    for space, modalities in SPACES.items():
        points = np.concatenate([vectors(latents[name], "means") for name in modalities])
        truth = np.tile(person, len(modalities))
        clusters = density_clusters(points, protocol.core_points)
        found.add_whole(
            "clustering",
            space,
            clusters=float(clusters.count),
            noise=clusters.noise_share,
            adjusted_rand=adjusted_rand(truth, clusters.labels),
        )
        found.add_whole("clustering", f"{space}/chance", adjusted_rand=0.0)
        names = [f"{clip} {name}" for name in modalities for clip in clips.table["clip"]]
        found.add("neighbour", space, names, same_person=nearest_is_same(points, truth))
        found.add("neighbour", f"{space}/chance", names, same_person=chance_of_same(truth))
        found.add_scalar("clustering", space, "radius", clusters.radius, len(points))


def generated(network: MsVae, latents: Mapping[str, Gaussian]) -> dict[str, Floats]:
    """Decode the means of the latents: `a_from_b` -> [n, width of a], as the network sees a."""
    made = {}
    with torch.no_grad():
        for source, latent in latents.items():
            for name, part in network.parts(network.decode(source, latent.mean)).items():
                made[f"{name}_from_{source}"] = part.double().cpu().numpy()
    return made


def generation(found: Measured, made: Mapping[str, Floats], test: Clips, train: Clips) -> None:
    """Compare what is decoded with the truth.

    Adds `error`, the mean squared error over the outputs, a clip, under `generation`, and that of
    the mean of the training clips under `generation/chance`.
    """
    names = test.table["clip"].to_numpy(dtype=str)
    for target in MODALITIES:
        truth = getattr(test, target).double().cpu().numpy()
        mean = getattr(train, target).double().mean(dim=0).cpu().numpy()
        chance = np.square(mean - truth).mean(axis=1)
        for source in MODALITIES:
            task = f"{source}_to_{target}"
            error = np.square(made[f"{target}_from_{source}"] - truth).mean(axis=1)
            found.add(task, "generation", names, error=error)
            found.add(task, "generation/chance", names, error=chance)


def inputs(found: Measured, test: Clips) -> None:
    """Add by how much inputs differ between clips: root mean square over inputs, `deviation`."""
    for name in MODALITIES:
        values = getattr(test, name).double().cpu().numpy()
        found.add_whole("input", name, deviation=float(np.sqrt(values.var(axis=0).mean())))


def losses(found: Measured, history: pd.DataFrame) -> None:
    """Add the loss of the first and the last epoch, with changing and with constant weights."""
    for place, row in (("first", 0), ("last", -1)):
        columns = ("total", "total_constant")
        values = {name: float(history[name].iloc[row]) for name in columns}
        found.add_whole("training", place, **values)
