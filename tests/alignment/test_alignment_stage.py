"""Recordings become windows whose sound and frames are those of the recording at that time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crossmodal.alignment.decode import frames, read_audio
from crossmodal.alignment.stage import FACE_PX, VOICE_HZ, CropSpool, align, recordings
from crossmodal.corpora import the_big_bang_theory
from crossmodal.corpora.synthetic import the_big_bang_theory as sitcom

FRAME_S = 1 / 25


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sitcom")
    sitcom.synthesize(folder, episodes=1, scenes=3, seed=1)
    return folder


@pytest.fixture(scope="module")
def turns(corpus: Path) -> pd.DataFrame:
    return the_big_bang_theory.read(corpus, layout="episodes", split="random")


def test_windows_are_what_is_heard_and_seen_at_their_time(
    corpus: Path, turns: pd.DataFrame
) -> None:
    aligned, quarantine = align(corpus, turns, 0, 1)
    assert len(quarantine) == 0
    windows = aligned[0]
    count = len(windows.rows)
    assert count > 10
    assert windows.waves.shape == (count, VOICE_HZ // 2)
    assert windows.pictures.shape == (count, 13, FACE_PX, FACE_PX, 3)
    assert windows.rows["clip"].is_unique

    video = corpus / str(turns["video"].iloc[0])
    sound, began_s = read_audio(video, VOICE_HZ)
    shown = [time_s for time_s, _ in frames(video)]
    for row, wave in zip(windows.rows.itertuples(), windows.waves, strict=True):
        turn = turns[turns["clip"] == str(row.clip).rsplit("-", 1)[0]].iloc[0]
        start_s, end_s = float(str(row.start_s)), float(str(row.end_s))
        assert turn["start_s"] <= start_s < end_s <= turn["end_s"] + 1e-9
        assert row.person == turn["person"]
        first = round((start_s - began_s) * VOICE_HZ)
        expected = sound[first : first + VOICE_HZ // 2] * 32767
        assert np.abs(wave[: len(expected)] - expected).max() <= 0.5 + 1e-3
        frame_s = float(str(row.frame_s))
        assert min(abs(frame_s - time_s) for time_s in shown) < 1e-9
        assert start_s - FRAME_S <= frame_s <= start_s + FRAME_S


def test_a_damaged_recording_is_set_aside_and_the_others_go_on(
    corpus: Path, turns: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "episodes").mkdir()
    (tmp_path / "episodes" / "s09e09.mp4").write_text("no video")
    damaged = turns.head(1).assign(video="episodes/s09e09.mp4", clip="damaged")
    aligned, quarantine = align(tmp_path, damaged, 0, 1)
    assert aligned == []
    assert [(row.clip, row.file) for row in quarantine.rows] == [("damaged", "episodes/s09e09.mp4")]


def test_shards_share_the_recordings_out() -> None:
    turns = pd.DataFrame({"video": list("cabacb"), "clip": list("123456")})
    dealt = [[video for video, _ in recordings(turns, shard, 2)] for shard in range(2)]
    assert dealt == [["a", "c"], ["b"]]


def test_the_spool_gives_back_what_was_kept() -> None:
    spool = CropSpool(4)
    rng = np.random.default_rng(0)
    crops = {key: rng.integers(0, 255, (4, 4, 3), np.uint8) for key in ((0, 0), (0, 1), (3, 1))}
    for (track, frame), crop in crops.items():
        spool.add(track, frame, crop)
    for (track, frame), crop in crops.items():
        found = spool.get(track, frame)
        assert found is not None
        assert (found == crop).all()
    assert spool.get(3, 0) is None
