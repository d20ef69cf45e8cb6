"""Sounds beside figures: what is written is heard, and damaged files are named."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.reporting.listening import Sound, listening_table, write_listening


def tone(pitch_hz: float) -> NDArray[np.float32]:
    time_s = np.arange(22_050) / 44_100
    return np.asarray(0.5 * np.sin(2 * np.pi * pitch_hz * time_s), dtype=np.float32)


def heard(address: str) -> tuple[NDArray[np.float64], int]:
    data = base64.b64decode(address.removeprefix("data:audio/mpeg;base64,"))
    with av.open(io.BytesIO(data), "r") as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        return np.concatenate(parts).astype(float), container.streams.audio[0].rate


def test_each_sound_stands_in_its_place_and_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "fig2.audio.json"
    pitches_hz = {("violin", "I2S"): 300, ("violin", "truth"): 600, ("tuba", "truth"): 900}
    write_listening(path, [Sound(*place, tone(hz)) for place, hz in pitches_hz.items()])
    table = listening_table(path)
    assert table["columns"] == ["I2S", "truth"]
    assert [row["name"] for row in table["rows"]] == ["violin", "tuba"]
    assert table["rows"][1]["cells"][0] == ""
    for row in table["rows"]:
        for column, address in zip(table["columns"], row["cells"], strict=True):
            if address:
                samples, rate_hz = heard(address)
                assert abs(len(samples) / rate_hz - 0.5) < 0.08
                pitch_hz = np.argmax(np.abs(np.fft.rfft(samples))) * rate_hz / len(samples)
                assert abs(pitch_hz - pitches_hz[row["name"], column]) < 3


def test_the_same_sounds_give_the_same_small_file(tmp_path: Path) -> None:
    sounds = [Sound(f"row {row}", "truth", tone(100 * row)) for row in range(1, 14)]
    write_listening(tmp_path / "a.json", sounds)
    write_listening(tmp_path / "b.json", sounds)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert (tmp_path / "a.json").stat().st_size < 13 * 7_000


def test_without_the_file_there_are_no_rows(tmp_path: Path) -> None:
    assert listening_table(tmp_path / "none.json") == {"columns": [], "rows": []}


SOUND = {"row": "violin", "column": "truth", "audio": "data:audio/mpeg;base64,AAAA"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([SOUND | {"audio": "https://example.org/a.mp3"}], "an address instead of a sound"),
        ([SOUND | {"audio": "data:text/html,<script>"}], "an address instead of a sound"),
        ([{"row": "violin", "audio": SOUND["audio"]}], "not a list of sounds"),
        ([SOUND | {"row": 3}], "not a list of sounds"),
        (["violin"], "not a list of sounds"),
        (3, "not a list of sounds"),
        ([SOUND, SOUND], "two sounds have the same place"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, content: object, problem: str) -> None:
    path = tmp_path / "fig2.audio.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=rf"fig2\.listening\.json: .*{problem}"):
        listening_table(path)
    path.write_text("{")
    with pytest.raises(InputError, match="not a list of sounds"):
        listening_table(path)
