"""The contact sheet and the clips to listen to hold what they say they hold."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
import pytest
import soundfile

from crossmodal.corpora.manifest import write_manifest
from crossmodal.corpora.preview import (
    COLUMNS,
    SOUND_HZ,
    SOUND_S,
    TILE_PX,
    contact_sheet,
    spread,
    tile,
    write_preview,
)


def manifest_of(rows: int, classes: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "clip": [f"c{row:03d}" for row in range(rows)],
            "split": "train",
            "label": [f"k{row % classes}" for row in range(rows)],
            "person": "",
            "source": [f"s{row // 2}" for row in range(rows)],
            "start_s": np.nan,
            "end_s": np.nan,
            "image": [f"{row}.png" for row in range(rows)],
            "audio": [f"{row}.wav" for row in range(rows)],
        }
    )


def test_spread_takes_classes_in_turn_and_each_row_once() -> None:
    chosen = spread(manifest_of(60, 3), 12)
    assert list(chosen["label"][:6]) == ["k0", "k1", "k2"] * 2
    assert chosen["clip"].is_unique
    assert chosen["label"].value_counts().tolist() == [4, 4, 4]


def test_spread_shows_a_source_once_while_there_are_enough() -> None:
    rows = manifest_of(90, 1)
    assert spread(rows, 43)["source"].is_unique
    assert len(spread(rows.head(0), 40)) == 0


def test_a_tile_keeps_the_shape_of_its_picture() -> None:
    red = np.zeros((50, 400, 3), np.uint8)
    red[..., 0] = 255
    found = tile(red, "label")
    assert found.shape[1] == TILE_PX[0]
    rows = np.flatnonzero((found == (255, 0, 0)).all(axis=2).all(axis=1))
    assert len(rows) == TILE_PX[0] * 50 // 400


@pytest.mark.parametrize("count", [0, 1, COLUMNS, COLUMNS + 1])
def test_a_sheet_has_full_rows(count: int) -> None:
    one = contact_sheet([])
    sheet = contact_sheet([tile(np.zeros((9, 9, 3), np.uint8), "x")] * count)
    assert sheet.shape[0] % one.shape[0] == 0
    assert sheet.shape[0] // one.shape[0] == max(1, -(-count // COLUMNS))


def test_a_preview_can_be_seen_and_heard(tmp_path: Path) -> None:
    rows = manifest_of(4, 2)
    for row in range(4):
        cv2.imwrite(str(tmp_path / f"{row}.png"), np.full((20, 20, 3), 60 * row, np.uint8))
        time_s = np.arange(8000 * 6) / 8000
        soundfile.write(tmp_path / f"{row}.wav", 0.5 * np.sin(2 * np.pi * 440 * time_s), 8000)
    (tmp_path / "3.wav").write_text("no sound")
    write_manifest(tmp_path / "manifest.csv", rows)
    write_preview(tmp_path / "manifest.csv", tmp_path, tmp_path / "out")
    sheet = cv2.imread(str(tmp_path / "out/contact_sheet.jpg"))
    assert sheet is not None
    assert sheet.shape[1] > 4 * TILE_PX[0]
    sounds = json.loads((tmp_path / "out/audio.json").read_text())
    assert {sound["clip"] for sound in sounds} == {"c000", "c001", "c002"}
    data = base64.b64decode(sounds[0]["audio"].removeprefix("data:audio/mpeg;base64,"))
    (tmp_path / "one.mp3").write_bytes(data)
    with av.open(str(tmp_path / "one.mp3")) as container:
        heard = np.concatenate(
            [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        ).astype(float)
    assert abs(len(heard) / SOUND_HZ - SOUND_S) < 0.1
    spectrum = np.abs(np.fft.rfft(heard))
    assert abs(np.argmax(spectrum) * SOUND_HZ / len(heard) - 440) < 2


def test_the_same_manifest_gives_the_same_bytes(tmp_path: Path) -> None:
    test_a_preview_can_be_seen_and_heard(tmp_path)
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    write_preview(tmp_path / "manifest.csv", tmp_path, tmp_path / "out")
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
