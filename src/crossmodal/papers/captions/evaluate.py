"""Evaluation: at which rank captions of the test part find their images, and the reverse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from crossmodal.corpora.listening import mp3_address
from crossmodal.corpora.manifest import read_manifest
from crossmodal.features.image import read_image
from crossmodal.features.store import read_feature
from crossmodal.jobs import EvaluationJob
from crossmodal.metrics.retrieval import first_rank, recall_at_k
from crossmodal.papers.captions.data import Pairs, galleries, load_pairs
from crossmodal.papers.captions.model import embed_captions, embed_images, load
from crossmodal.papers.captions.settings import TASKS, PaperSettings, Protocol
from crossmodal.progress import progress
from crossmodal.runs import load_checkpoint
from crossmodal.scores import Scored, Scores

PROTOCOLS = ("pairs", "captions")
"""`pairs`: an image and one caption of it, as in the paper; `captions`: all captions of the images,
of which any one counts."""

THUMBNAIL_PX = 200
"""Longer side of a picture in a figure."""
WAVE_HZ = 16_000

Embeddings = NDArray[np.float32]


def evaluate(job: EvaluationJob) -> Iterator[Scored]:
    """Score every run; of the first one of a chosen variant keep the searches that are shown."""
    settings: PaperSettings = job.settings
    test = load_pairs(job.corpus_results, "test")
    shown = next((run for run in job.runs if run.variant == settings.examples.variant), None)
    for run in progress(job.runs, title=f"evaluating {job.corpus}", unit="run"):
        network = load(load_checkpoint(job.paper.run(run) / "checkpoint.pt"))
        pairs = test.cut(network.settings.frames)
        images = embed_images(network, pairs.features)
        captions = embed_captions(network, pairs, torch.arange(len(pairs)))
        examples = searches_shown(images, captions, pairs, job) if run == shown else {}
        yield Scored(run, *score(images, captions, pairs, settings.protocol), examples)


def score(
    images: Embeddings, captions: Embeddings, pairs: Pairs, protocol: Protocol
) -> tuple[Scores, dict[str, list[str]], list[dict[str, Any]]]:
    """Score embeddings of the test part both ways under both protocols.

    Args:
        images: [m, d], of the distinct images.
        captions: [n, d].

    Returns:
        `task|protocol|recallK` and `task|protocol|rank`, a value a query (under `pairs` the mean
        over galleries of an image's queries); `task|protocol` -> the queries' images or clips; and
        further rows of the metrics: median ranks and chance.
    """
    drawn = galleries(pairs.image, protocol.gallery, protocol.galleries, protocol.seed)
    inside = np.isin(pairs.image.numpy(), pairs.image[drawn[0]].numpy())
    every = torch.from_numpy(np.flatnonzero(inside))
    distinct = pairs.image_names(drawn[0])
    clips = [str(name) for name in pairs.rows["clip"].iloc[every.tolist()]]
    scores: Scores = {}
    items: dict[str, list[str]] = {}
    scalars: list[dict[str, Any]] = []
    for name, rounds in zip(PROTOCOLS, (drawn, [every]), strict=True):
        for task in TASKS:
            turns = [
                _search(task, images, captions[rows.numpy()], pairs.image[rows].numpy(), protocol)
                for rows in rounds
            ]
            joined = {key: np.stack([turn[key] for turn in turns]) for key in turns[0]}
            place = {"protocol": name, "task": task}
            by_clip = (name, task) == ("captions", "caption_to_image")
            items[f"{task}|{name}"] = clips if by_clip else distinct
            for metric, values in joined.items():
                if metric.endswith("_chance"):
                    value, n = values.mean(), values.shape[1]
                    scalars.append({**place, "metric": metric, "value": float(value), "n": n})
                else:
                    scores[f"{task}|{name}|{metric}"] = values.mean(axis=0)
            median = float(np.median(joined["rank"]))
            n = joined["rank"].size
            scalars.append({**place, "metric": "median_rank", "value": median, "n": n})
    return scores, items, scalars


def _search(
    task: str,
    images: Embeddings,
    captions: Embeddings,
    numbers: NDArray[np.int64],
    protocol: Protocol,
) -> Scores:
    """Search one gallery one way; return recalls, their chance, and ranks, a value a query.

    Args:
        task: One of `TASKS`.
        images: [m, d], all of the part.
        captions: [g, d], those of the gallery.
        numbers: [g], whose image each caption is; the gallery's images are these.
    """
    distinct = np.unique(numbers)
    similarities, queries, database = images[distinct] @ captions.T, distinct, numbers
    if task == "caption_to_image":
        similarities, queries, database = similarities.T, numbers, distinct
    # In a random order everything is tied.
    orders = {"": similarities, "_chance": np.zeros(similarities.shape)}
    recalls = {
        f"recall{k}{suffix}": recall_at_k(values, queries, database, k)
        for suffix, values in orders.items()
        for k in protocol.cutoffs
    }
    return {**recalls, "rank": first_rank(similarities, queries, database)}


def searches_shown(
    images: Embeddings, captions: Embeddings, pairs: Pairs, job: EvaluationJob
) -> dict[str, NDArray[Any]]:
    """Search the first gallery; queries are evenly spaced over it, whatever they find.

    Args:
        images: [m, d], of the distinct images.
        captions: [n, d].

    Returns:
        `searches`, JSON: task, and of query and answers `clip`, `text`, `image` and, of answers,
        `score` and `right`; `sounds`, JSON: clip -> MP3 data address; `picture/<image>`: red,
        green, blue, [height, width, 3] uint8.
    """
    examples, protocol = job.settings.examples, job.settings.protocol
    rows = galleries(pairs.image, protocol.gallery, 1, protocol.seed)[0]
    similarities = images[pairs.image[rows].numpy()] @ captions[rows.numpy()].T
    items = [
        {"clip": str(row["clip"]), "text": str(row.get("text", "")), "image": str(row["image"])}
        for row in pairs.rows.iloc[rows.numpy()].to_dict("records")
    ]
    places = np.linspace(0, len(rows), examples.queries, endpoint=False).astype(int)
    searches: list[dict[str, Any]] = []
    for task in TASKS:
        scores = similarities if task == "image_to_caption" else similarities.T
        for query in dict.fromkeys(places.tolist()):
            best = np.argsort(-scores[query], kind="stable")[: examples.answers]
            answers = [
                {
                    **items[place],
                    "score": round(float(scores[query, place]), 4),
                    "right": bool(place == query),
                }
                for place in best.tolist()
            ]
            searches.append({"task": task, "query": items[query], "answers": answers})
    found = [item for search in searches for item in (search["query"], *search["answers"])]
    sounds = _sounds({item["clip"] for item in found}, job.corpus_results)
    pictures = {
        f"picture/{name}": _thumbnail(job.corpus_folder / name)
        for name in sorted({item["image"] for item in found})
    }
    texts = {"searches": searches, "sounds": sounds}
    return {**{name: np.array(json.dumps(text)) for name, text in texts.items()}, **pictures}


def _thumbnail(path: Path) -> NDArray[np.uint8]:
    picture = read_image(path)
    scale = THUMBNAIL_PX / max(picture.shape[:2])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1]).astype(np.uint8)  # OpenCV has blue first


def _sounds(clips: set[str], folder: Path) -> dict[str, str]:
    manifest = read_manifest(folder / "manifest.csv")
    waves = read_feature(folder / "waves.npy", len(manifest))
    places = np.flatnonzero(manifest["clip"].isin(clips))
    counts = pd.to_numeric(manifest["samples"])
    return {
        str(manifest["clip"].iloc[place]): mp3_address(
            waves[place, : counts.iloc[place]].astype(np.float32) / np.float32(32_768), WAVE_HZ
        )
        for place in places
    }
