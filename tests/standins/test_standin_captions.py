"""The stand-ins of Flickr8k Audio and Places Audio: layouts, captions that are true, same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from crossmodal.corpora import flickr8k_audio as flickr_reader
from crossmodal.corpora import places_audio as places_reader
from crossmodal.corpora.manifest import check_manifest
from crossmodal_standins.captions import describe
from crossmodal_standins.scenes import (
    COLOURS,
    FLYING,
    HEIGHTS,
    PLACES,
    WEATHERS,
    Difficulty,
    Scene,
    draw_scene_picture,
    draw_scenes,
)


@pytest.fixture(scope="module")
def folder(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("flickr8k_audio")


@pytest.fixture(scope="module")
def places(stand_in: Callable[[str], Path]) -> Path:
    return stand_in("places_audio")


def test_the_layout(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "Flicker8k_Dataset",
        "Flickr8k.token.txt",
        "Flickr_8k.devImages.txt",
        "Flickr_8k.testImages.txt",
        "Flickr_8k.trainImages.txt",
        "contents.csv",
        "truth.csv",
        "wav2capt.txt",
        "wav2spk.txt",
        "wavs",
    }
    image = sorted(path.stem for path in (folder / "Flicker8k_Dataset").iterdir())[0]
    assert re.fullmatch(r"\d{10}_[0-9a-f]{10}", image)
    first = (folder / "wav2capt.txt").read_text().splitlines()[0]
    assert first == f"{image}_0.wav {image}.jpg #0"
    for path in sorted((folder / "wavs").iterdir())[:10]:
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        assert 0.8 < info.duration < 12
    assert len(list((folder / "wavs").iterdir())) == 16 * 5


def test_the_reader_reads_it(folder: Path) -> None:
    frame = flickr_reader.read(folder)
    check_manifest(frame, folder)
    assert frame["split"].value_counts().to_dict() == {"train": 60, "validation": 10, "test": 10}
    assert (frame.groupby("source")["split"].nunique() == 1).all()
    assert (frame.groupby("source")["text"].nunique() > 1).all(), "captions differ in words"
    assert frame["person"].nunique() == 7
    truth = pd.read_csv(folder / "truth.csv", keep_default_na=False)
    assert truth["image"].tolist() == frame["source"].drop_duplicates().tolist()
    assert not truth.drop(columns="image").duplicated().any()


def test_the_places_layout(places: Path) -> None:
    frame = places_reader.read(places, durations=True)
    check_manifest(frame, places)
    assert frame["split"].value_counts().to_dict() == {"train": 12, "validation": 2, "test": 2}
    content = json.loads((places / "metadata" / "train.json").read_text())
    assert set(content) == {"image_base_path", "audio_base_path", "data"}
    assert set(content["data"][0]) == {"image", "wav", "speaker", "uttid", "asr_text"}


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32 - 1))
def test_captions_are_true(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scene = draw_scenes(generator, 1)[0]
    text = describe(generator, scene, Difficulty())
    words = set(text.split())
    grey = {"grey"} if scene.weather == "cloudy" else set()
    scenery = {"blue"} if scene.weather == "sunny" else grey
    scenery |= {"park": {"green"}, "field": {"yellow"}}.get(scene.place, set())
    assert words & set(COLOURS) <= {scene.colour, scene.other_colour} | scenery
    assert ("two" in words) <= (scene.count == 2)
    assert ("three" in words) <= (scene.count == 3)
    assert re.search(r"\ba [aeio]|\ban [^aeiou]", text) is None, text


def test_a_full_caption_names_everything() -> None:
    complete = Difficulty(no_colour=0, no_other=0, no_place=0, vague_count=0, other_word=0)
    scene = Scene("dog", "brown", 2, "running", "car", "red", "left", "beach", "sunny")
    texts = {describe(np.random.default_rng(seed), scene, complete) for seed in range(20)}
    assert "two brown dogs are running to the left of a red car on the beach" in texts


def test_scenes_are_mostly_told_apart_by_a_few_words() -> None:
    scenes = draw_scenes(np.random.default_rng(0), 600)
    assert len(set(scenes)) == 600
    kinds = {(scene.subject, scene.colour, scene.other, scene.place) for scene in scenes}
    assert len(kinds) > 0.95 * 600
    assert {scene.subject for scene in scenes} | {scene.other for scene in scenes} == {*HEIGHTS, ""}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("weather", WEATHERS)
def test_every_place_is_drawn_in_every_weather(place: str, weather: str) -> None:
    scene = Scene("tree", "green", 1, "", "", "", "", place, weather)
    generator = np.random.default_rng(0)
    picture = draw_scene_picture(generator, scene, (80, 60), Difficulty(noise=0))
    assert picture.shape == (60, 80, 3)
    assert picture.std() > 8
    if weather == "night":
        assert picture.mean() < 100


@pytest.mark.parametrize("kind", HEIGHTS)
def test_a_thing_shows_its_colour(kind: str) -> None:
    """The same scene in red and in blue differs, and there in the right direction."""
    pictures = []
    for colour in ("red", "blue"):
        scene = Scene(kind, colour, 1, "standing", "", "", "", "field", "sunny")
        calm = Difficulty(noise=0, light=0)
        generator = np.random.default_rng(4)
        pictures.append(draw_scene_picture(generator, scene, (96, 72), calm).astype(float))
    red, blue = pictures
    changed = np.abs(red - blue).sum(axis=2) > 60
    assert changed.sum() > (8 if kind in FLYING else 25)
    assert (red - blue)[changed][:, 0].mean() > 20
    assert (red - blue)[changed][:, 2].mean() < -20
