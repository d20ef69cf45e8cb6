"""Every stand-in: sealed, the same bytes for the same seed, refused when it is too small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pandas as pd
import pytest
from fixture_standins import SMALL

from crossmodal.errors import InputError
from crossmodal.files import sha256_of
from crossmodal_standins import (
    documents,
    instruments,
    scenes,
    screenplay,
    voxceleb1,
    write_stand_in,
)


@pytest.mark.parametrize("corpus", SMALL)
def test_contents_seal_every_file(corpus: str, stand_in: Callable[[str], Path]) -> None:
    folder = stand_in(corpus)
    contents = pd.read_csv(folder / "contents.csv")
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert contents["path"].tolist() == sorted(present - {"contents.csv"})
    for name, size, digest in contents.itertuples(index=False):
        assert (folder / name).stat().st_size == size
        assert sha256_of(folder / name) == digest


@pytest.mark.parametrize("corpus", SMALL)
def test_the_same_seed_gives_the_same_bytes(
    corpus: str, stand_in: Callable[[str], Path], tmp_path: Path
) -> None:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(2 if threads == 1 else 1)
    try:
        write_stand_in(corpus, tmp_path, SMALL[corpus])
    finally:
        cv2.setNumThreads(threads)
    first = (stand_in(corpus) / "contents.csv").read_bytes()
    assert (tmp_path / "contents.csv").read_bytes() == first


@pytest.mark.parametrize(
    ("corpus", "field", "value"),
    [
        ("av_digits", "speakers", 2),
        ("av_digits", "takes", 2),
        ("av_digits", "train", 2),
        ("av_digits", "test", 2),
        ("flickr8k_audio", "images", 3),
        ("nuswide10k", "per_class", 1),
        ("places_audio", "images", 3),
        ("sub_urmp", "songs", 1),
        ("sub_urmp", "songs", 100),
        ("sub_urmp", "seconds", 0.5),
        ("sub_urmp", "step_ms", 50),
        ("sub_urmp", "step_ms", 250),
        ("the_big_bang_theory", "episodes", 0),
        ("the_big_bang_theory", "scenes", 2),
        ("urmp", "pieces", 0),
        ("voxceleb1", "people", 1),
        ("voxceleb1", "people", 481),
        ("voxceleb1", "videos", 2),
        ("voxceleb1", "utterances", 0),
        ("wikipedia", "train", 5),
        ("wikipedia", "test", 2),
    ],
)
def test_numbers_out_of_range_are_refused(
    corpus: str, field: str, value: float, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"{field}: .*({value:g}|too)"):
        write_stand_in(corpus, tmp_path, SMALL[corpus] | {field: value})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("difficulty", "wrong"),
    [
        (documents.Difficulty, {"stray_words": 1.5}),
        (documents.Difficulty, {"own_topic": (0.9, 0.1)}),
        (documents.Difficulty, {"own_topic": (0.9, 1.1)}),
        (documents.Difficulty, {"words": (6, 5)}),
        (instruments.Difficulty, {"wet": 1.5}),
        (instruments.Difficulty, {"noise": -1.0}),
        (scenes.Difficulty, {"no_colour": 1.2}),
        (screenplay.Difficulty, {"decay_s": (0.4, 0.1)}),
        (voxceleb1.Difficulty, {"coupling": 1.5}),
    ],
)
def test_difficulty_refuses_nonsense(difficulty: type, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        difficulty(**wrong)
