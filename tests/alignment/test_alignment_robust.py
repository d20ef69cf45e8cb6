"""Files as users have them go through the stage: handled, or set aside with a reason.

None stops the run, and nothing half-written stays behind.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import fixture_media as media
import numpy as np
import pytest
from fixture_stage import (
    RATE_HZ,
    Result,
    cut_off,
    manifest_of,
    own_videos,
    run_stage,
    tone,
    write_jpeg,
    write_video,
    write_wav,
)

from crossmodal.alignment.stage import align
from crossmodal.corpora.manifest import write_manifest
from crossmodal.errors import InputError

GOOD = "good.mp4"


def beside_a_good_one(folder: Path, name: str, make: Callable[[Path], object]) -> Result:
    """Cut a folder of two videos, of which the second may be anything."""
    folder = folder / "own"
    folder.mkdir()
    write_video(folder / GOOD)
    make(folder / name)
    result = run_stage("folder", "cmcgan", folder, own_videos([GOOD, name]))
    assert (result.rows["file"] == GOOD).sum() == 2
    found = {path.name for path in result.folder.parent.rglob("*") if path.is_file()}
    assert not [left for left in found if "partial" in left]
    return result


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.touch(), "the file is empty"),
        (lambda path: cut_off(write_video(path)), "damaged or cut off"),
        (lambda path: path.write_text("dear diary"), "not a video or sound file"),
        (lambda path: write_video(path, sounds=[]), "there is no sound"),
        (lambda path: write_video(path, seconds=0.4), "shorter than a window"),
        (lambda path: path.mkdir(), "there is no such file"),
    ],
    ids=["zero-byte", "truncated", "text", "no audio track", "too short", "a folder"],
)
def test_set_aside_with_a_reason(
    tmp_path: Path, make: Callable[[Path], object], reason: str
) -> None:
    result = beside_a_good_one(tmp_path, "bad.mp4", make)
    assert list(result.aside) == ["bad.mp4"]
    assert reason in result.aside["bad.mp4"]
    assert len(result.rows) == 2


def test_a_sound_without_picture_is_set_aside(tmp_path: Path) -> None:
    result = beside_a_good_one(tmp_path, "song.wav", lambda path: write_wav(path, tone(1.2)))
    assert result.aside == {"song.wav": "there is no video"}


def test_a_file_cut_off_midway_leaves_none_of_its_windows(tmp_path: Path) -> None:
    def make(path: Path) -> None:
        # The index stands in front and tells of more than there is.
        cut_off(write_video(path, seconds=4.0, options={"movflags": "faststart"}), 0.6)

    result = beside_a_good_one(tmp_path, "half.mp4", make)
    assert "cut off" in result.aside["half.mp4"]
    assert len(result.rows) == len(result.waves) == 2


def test_two_seconds_of_silence_are_kept(tmp_path: Path) -> None:
    silence = media.Sound(np.zeros((1, 2 * RATE_HZ), np.float32))
    result = beside_a_good_one(
        tmp_path, "silent.mp4", lambda path: write_video(path, 2.0, sounds=[silence])
    )
    silent = (result.rows["file"] == "silent.mp4").to_numpy()
    assert silent.sum() == 4
    assert not result.waves[silent].any()
    assert result.aside == {}


@pytest.mark.parametrize(
    ("rate_hz", "channels", "layout", "codec"),
    [(8_000, 1, "mono", "aac"), (96_000, 6, "5.1", "aac"), (96_000, 6, "5.1", "flac")],
)
def test_any_rate_and_number_of_channels(
    tmp_path: Path, rate_hz: int, channels: int, layout: str, codec: str
) -> None:
    at_s = [0.25, 0.75]
    samples = np.repeat(media.clicks(at_s, 1.2, rate_hz), channels, axis=0)
    sound = media.Sound(
        samples, rate_hz, codec=codec, layout=layout, format="fltp" if codec == "aac" else "s16"
    )
    result = beside_a_good_one(tmp_path, "odd.mkv", lambda path: write_video(path, sounds=[sound]))
    own = result.rows[result.rows["file"] == "odd.mkv"]
    assert len(own) == 2
    assert (own["samples"] == "22050").all()
    for place, row in enumerate(own.itertuples()):
        wave = result.waves[int(str(row.Index))] / 32768
        (heard_s,) = media.click_times(wave.astype(np.float32), float(str(row.start_s)), RATE_HZ)
        assert abs(heard_s - at_s[place]) < 2e-3


@pytest.mark.parametrize("size", [(351, 287), (1, 1), (16, 721)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    def make(path: Path) -> None:
        write_video(path, size=size, codec="ffv1", pixels="bgr0")

    result = beside_a_good_one(tmp_path, "odd.mkv", make)
    odd = (result.rows["file"] == "odd.mkv").to_numpy()
    assert odd.sum() == 2
    assert result.pictures[odd].shape == (2, 128, 128, 3)


@pytest.mark.parametrize(
    "name", ["видео 日本.mp4", " two  blanks .mp4", "a,b\"c'.mp4", "http:x.mp4"]
)
def test_any_name(tmp_path: Path, name: str) -> None:
    result = beside_a_good_one(tmp_path, name, lambda path: write_video(path))
    assert (result.rows["file"] == name).sum() == 2
    assert result.rows["clip"].tolist()[2:] == [f"{name}-0000", f"{name}-0001"]


def test_too_many_stop_it_and_leave_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    write_video(folder / GOOD)
    names = [f"bad{number}.mp4" for number in range(3)]
    for name in names:
        (folder / name).touch()
    rows = own_videos([GOOD, *names])
    with pytest.raises(InputError, match="3 of 4 clips are set aside: the file is empty"):
        run_stage("folder", "cmcgan", folder, rows)
    windows = tmp_path / "own-cmcgan-1" / "windows"
    assert not windows.exists() or not list(windows.iterdir())
    assert len(run_stage("folder", "cmcgan", folder, rows, limit_share=0.8).rows) == 2


def test_nothing_to_see_at_all_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    write_video(folder / GOOD)
    with pytest.raises(InputError, match="no window could be cut: no face is known"):
        run_stage("folder", "facevoice", folder, own_videos([GOOD]))


def test_an_unreadable_manifest_or_setting_leaves_nothing(tmp_path: Path) -> None:
    table = tmp_path / "manifest.csv"
    write_manifest(table, own_videos([GOOD]))
    bad: list[tuple[str, dict[str, int], int]] = [
        ("captions", {}, 0),
        ("dance", {}, 0),
        ("cmcgan", {"step": 5}, 0),
        ("cmcgan", {}, 1),
    ]
    for kind, settings, shard in bad:
        with pytest.raises(InputError):
            align("folder", kind, tmp_path, table, settings, shard, 1, tmp_path / "out")
    assert not (tmp_path / "out").exists()


CLIPS = ["good", "bad"]


def caption(folder: Path, name: str) -> dict[str, object]:
    write_wav(folder / f"{name}.wav", tone(1.0, 16_000), 16_000)
    write_jpeg(folder / f"{name}.jpg", (200, 30, 30), (500, 375))
    return {"clip": name, "audio": f"{name}.wav", "image": f"{name}.jpg"}


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "bad.wav").write_bytes(b""), "the file is empty"),
        (lambda folder: cut_off(folder / "bad.wav"), "the sound file is cut off"),
        (lambda folder: (folder / "bad.wav").write_text("text"), "not a video or sound file"),
        (lambda folder: (folder / "bad.wav").unlink(), "there is no such file"),
        (lambda folder: write_wav(folder / "bad.wav", tone(0.0)), "no sound could be decoded"),
        (lambda folder: (folder / "bad.jpg").write_bytes(b""), "the picture is missing"),
        (lambda folder: cut_off(folder / "bad.jpg"), "the picture is missing, damaged or cut"),
        (lambda folder: (folder / "bad.jpg").write_text("text"), "the picture is missing"),
        (lambda folder: (folder / "bad.jpg").unlink(), "the picture is missing"),
    ],
)
@pytest.mark.parametrize(
    ("corpus", "kind"), [("flickr8k_audio", "captions"), ("sub_urmp", "cmcgan")]
)
def test_damaged_sounds_and_pictures(
    tmp_path: Path, spoil: Callable[[Path], object], reason: str, corpus: str, kind: str
) -> None:
    folder = tmp_path / "clips"
    rows = manifest_of([caption(folder, name) for name in CLIPS])
    rows["start_s"], rows["end_s"] = 0.0, 0.5
    spoil(folder)
    result = run_stage(corpus, kind, folder, rows)
    assert result.rows["clip"].tolist() == ["good"]
    assert list(result.aside) == ["bad"]
    assert reason in result.aside["bad"]
