"""Recordings become windows whose sound and frames are those of the recording at that time."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import numpy as np
import pandas as pd
import pytest
from fixture_stage import Result, run_stage

from crossmodal.alignment.decode import frames, read_audio
from crossmodal.alignment.kinds import FULL_SCALE
from crossmodal.alignment.stage import align
from crossmodal.corpora import the_big_bang_theory
from crossmodal.corpora.manifest import write_manifest
from crossmodal.corpora.quarantine import read_quarantine
from crossmodal_standins import the_big_bang_theory as sitcom

FRAME_S = 1 / 25
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sitcom") / "sitcom"
    sitcom.synthesize(folder, episodes=1, scenes=3, seed=1)
    return folder


@pytest.fixture(scope="module")
def turns(corpus: Path) -> pd.DataFrame:
    return the_big_bang_theory.read(corpus, layout="episodes", split="random")


@pytest.fixture(scope="module")
def windows(corpus: Path, turns: pd.DataFrame) -> Result:
    return run_stage("the_big_bang_theory", "facevoice", corpus, turns)


def test_windows_are_what_is_heard_and_seen_at_their_time(
    corpus: Path, turns: pd.DataFrame, windows: Result
) -> None:
    count = len(windows.rows)
    assert count > 10
    assert windows.waves.shape == (count, RATE_HZ // 2)
    assert windows.pictures.shape == (count, 13, 64, 64, 3)
    video = corpus / str(turns["video"].iloc[0])
    sound, began_s = read_audio(video, RATE_HZ)
    shown = [time_s for time_s, _ in frames(video)]
    for row, wave in zip(windows.rows.itertuples(), windows.waves, strict=True):
        turn = turns[turns["clip"] == str(row.clip).rsplit("-", 1)[0]].iloc[0]
        start_s, end_s = float(str(row.start_s)), float(str(row.end_s))
        assert turn["start_s"] <= start_s < end_s <= turn["end_s"] + 1e-9
        assert row.person == turn["person"]
        first = round((start_s - began_s) * RATE_HZ)
        expected = sound[first : first + RATE_HZ // 2] * FULL_SCALE
        assert np.abs(wave[: len(expected)] - expected).max() <= 0.5 + 1e-3
        frame_s = float(str(row.frame_s))
        assert min(abs(frame_s - time_s) for time_s in shown) < 1e-9
        assert start_s - FRAME_S <= frame_s <= start_s + FRAME_S


def test_every_turn_gives_windows_or_says_why(turns: pd.DataFrame, windows: Result) -> None:
    cut = set(windows.rows["clip"].str.rsplit("-", n=1).str[0])
    assert cut.isdisjoint(windows.aside)
    assert cut | set(windows.aside) == set(turns["clip"])


def test_own_videos_give_the_windows_of_the_sitcom(
    corpus: Path, turns: pd.DataFrame, windows: Result
) -> None:
    own = turns.rename(columns={"video": "file"})
    ours = run_stage("folder", "facevoice", corpus, own)
    np.testing.assert_array_equal(ours.waves, windows.waves)
    np.testing.assert_array_equal(ours.pictures, windows.pictures)
    assert ours.rows["clip"].tolist() == windows.rows["clip"].tolist()


def test_utterances_are_the_turns_with_four_faces(
    corpus: Path, turns: pd.DataFrame, windows: Result
) -> None:
    own = turns.rename(columns={"video": "file"})
    utterances = run_stage("folder", "msvae", corpus, own)
    assert len(utterances.rows) >= 5
    assert set(utterances.rows["clip"]) | set(utterances.aside) == set(own["clip"])
    assert utterances.pictures.shape[1:] == (4, 64, 64, 3)
    begun_s = dict(zip(own["clip"], own["start_s"], strict=True))
    for place, row in enumerate(utterances.rows.itertuples()):
        start_s, end_s = float(str(row.start_s)), float(str(row.end_s))
        assert begun_s[str(row.clip)] <= start_s < end_s
        assert int(str(row.samples)) == min(round((end_s - start_s) * RATE_HZ), 3 * RATE_HZ)
        assert start_s - FRAME_S <= float(str(row.frame_s)) <= end_s
        same = windows.rows[windows.rows["clip"].str.startswith(f"{row.clip}-")]
        if len(same):
            first = windows.waves[same.index[0]]
            begin = round((same["start_s"].iloc[0] - start_s) * RATE_HZ)
            heard = utterances.waves[place, begin : begin + RATE_HZ // 2]
            np.testing.assert_array_equal(heard, first)


def test_a_damaged_recording_sets_all_its_turns_aside(tmp_path: Path, turns: pd.DataFrame) -> None:
    (tmp_path / "s09e09.mp4").write_text("no video")
    damaged = turns.head(3).assign(video="s09e09.mp4")
    table = tmp_path / "manifest.csv"
    write_manifest(table, damaged)
    align("the_big_bang_theory", "facevoice", tmp_path, table, {}, 0, 1, tmp_path / "shard")
    aside = read_quarantine(tmp_path / "shard" / "quarantine.csv").rows
    assert [row.clip for row in aside] == damaged["clip"].tolist()
    assert {row.file for row in aside} == {"s09e09.mp4"}
    assert np.load(tmp_path / "shard" / "waves.npy").shape == (0, RATE_HZ // 2)


def test_starting_up_loads_no_learning_library() -> None:
    code = (
        "import sys, crossmodal.alignment.stage, crossmodal.alignment.merge;"
        "import crossmodal.alignment.facevoice, crossmodal.alignment.cmcgan;"
        "import crossmodal.alignment.msvae, crossmodal.alignment.captions;"
        "print({'torch', 'sklearn', 'librosa'} & set(sys.modules))"
    )
    ended = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "set()"
