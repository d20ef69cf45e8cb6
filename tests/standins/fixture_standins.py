"""Small stand-ins of all corpora."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, dict[str, Any]] = {
    "av_digits": {"speakers": 3, "takes": 11, "train": 180, "test": 60, "seed": 3},
    "flickr8k_audio": {"images": 16, "seed": 2, "speakers": 7, "size": (96, 72)},
    "folder": {"people": 2, "videos": 2, "seconds": 1.0, "seed": 3},
    "nuswide10k": {"per_class": 4, "seed": 5},
    "places_audio": {"images": 16, "seed": 2, "speakers": 7, "size": (96, 72)},
    "sub_urmp": {"songs": 2, "seconds": 2.0, "seed": 3, "size": (96, 54)},
    "the_big_bang_theory": {"episodes": 1, "scenes": 3, "seed": 3},
    "urmp": {"pieces": 2, "seconds": 1.2, "seed": 3, "size": (128, 72)},
    "voxceleb1": {"people": 4, "videos": 3, "utterances": 1, "seed": 4},
    "wikipedia": {"train": 30, "test": 12, "seed": 5},
}
"""Corpus -> the arguments of a small stand-in."""
