"""The searches that the report shows: queries, their best answers, pictures and sounds of both."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.corpora.listening import mp3_address
from crossmodal.corpora.manifest import read_manifest
from crossmodal.features.image import read_image
from crossmodal.features.store import read_feature
from crossmodal.papers.captions.settings import TASKS, Examples

WAVE_HZ = 16_000
THUMBNAIL_PX = 200
"""Longer side of a picture in a figure."""

_JPEG_QUALITY = 85


def shown_searches(
    similarities: NDArray[np.float32],
    rows: pd.DataFrame,
    examples: Examples,
    folder: Path,
    corpus_folder: Path,
) -> dict[str, Any]:
    """Return the searches to show, as they go into `answers.json`.

    Queries are evenly spaced over the gallery, whatever they find.

    Args:
        similarities: [g, g] of a gallery, image i and caption j.
        rows: The gallery's rows of the manifest, [g].
        examples: How many.
        folder: `results/<edition>/corpora/<corpus>/captions`.
        corpus_folder: The corpus in its published layout.

    Returns:
        `searches`: task, and of query and answers the clip's name, `text`, `image` and, of
        answers, `score` and `right`; `pictures`: image -> JPEG in base64; `sounds`: clip -> MP3
        data address.
    """
    items = [
        {"clip": str(row["clip"]), "text": str(row.get("text", "")), "image": str(row["image"])}
        for row in rows.to_dict("records")
    ]
    places = np.linspace(0, len(rows), examples.queries, endpoint=False).astype(int)
    searches = []
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
    shown = [item for search in searches for item in (search["query"], *search["answers"])]
    return {
        "searches": searches,
        "pictures": {
            name: _thumbnail(corpus_folder / name)
            for name in sorted({str(item["image"]) for item in shown})
        },
        "sounds": _sounds({str(item["clip"]) for item in shown}, folder),
    }


def _thumbnail(path: Path) -> str:
    picture = read_image(path)
    scale = THUMBNAIL_PX / max(picture.shape[:2])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return base64.b64encode(content.tobytes()).decode("ascii")


def _sounds(clips: set[str], folder: Path) -> dict[str, str]:
    manifest = read_manifest(folder / "manifest.csv")
    waves = read_feature(folder / "waves.npy", len(manifest))
    chosen = manifest[manifest["clip"].isin(clips)]
    return {
        str(row["clip"]): mp3_address(
            waves[place, : int(row["samples"])].astype(np.float32) / np.float32(32_768), WAVE_HZ
        )
        for place, row in chosen.iterrows()
        if isinstance(place, int)
    }
