"""Windows of real recordings against readings by PyAV alone; genuine Sub-URMP against librosa."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import fixture_media as media
import librosa
import numpy as np
import pytest
import soundfile
from fixture_exactness import Cut, Truth, check_window, cut_windows

from crossmodal.corpora import readers
from crossmodal.features.stage import write_features

RATES_HZ = {"facevoice": 16_000, "cmcgan": 44_100, "msvae": 16_000}
REAL = media.DATA / "sub-urmp"


def own_folder(folder: Path, paths: list[Path]) -> Path:
    """Make a folder of one's own that names some of the real clips."""
    folder.mkdir()
    rows = ["file,label,person,split"]
    for path in paths:
        (folder / path.name).symlink_to(path)
        rows.append(f"{path.name},{path.parent.name},{path.stem},train")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def sounds() -> dict[str, Truth]:
    """The sound of each clip, from its decoded frames end to end."""
    found = {}
    for path in media.real_clips():
        with av.open(str(path)) as container:
            frames: list[Any] = list(container.decode(container.streams.best("audio")))
        scale = 32768 if "s16" in frames[0].format.name else 1
        samples = np.concatenate([frame.to_ndarray() for frame in frames], axis=1).mean(0) / scale
        found[path.name] = Truth(np.zeros(1), samples, frames[0].sample_rate, frames[0].time)
    return found


def windows_of(kind: str, clips: Path) -> Cut:
    return cut_windows("folder", kind, clips, readers.read_corpus("folder", clips, {})[0])


@media.needs_data
@pytest.mark.parametrize("kind", list(RATES_HZ))
def test_windows_of_the_real_clips(kind: str, tmp_path: Path, sounds: dict[str, Truth]) -> None:
    talking = [path for path in media.real_clips() if path.suffix == ".mpg"]
    assert len(talking) == 7
    paths = {"facevoice": talking, "cmcgan": media.real_clips(), "msvae": talking[:3]}[kind]
    windows = windows_of(kind, own_folder(tmp_path / "real", paths))
    stamps = {path.name: np.array(media.stamps_of(path)[1]) for path in media.real_clips()}
    for row, wave, _ in windows:
        own = stamps[row.file]
        part_s = (row.end_s - row.start_s) / 8 if kind == "msvae" else 0.0
        asked_s = row.start_s + {"facevoice": 0.010}.get(kind, part_s)
        shown_s = own[own <= asked_s + 1e-6].max()
        if kind == "msvae":  # the last one in which the face was found
            assert np.abs(own - row.frame_s).min() < 1e-9
            assert row.frame_s <= shown_s
        else:
            assert row.frame_s == pytest.approx(shown_s, abs=1e-9)
        if np.abs(wave).max() > 300:  # else there is nothing to compare
            sound = sounds[row.file]
            check_window(wave[: row.samples], RATES_HZ[kind], row.start_s, [], [], sound)
    if kind != "cmcgan":
        files = [row.file for row, _, _ in windows]
        counts = [files.count(path.name) for path in paths]
        # All but a few of the 3 s of each, cut where there is both picture and sound.
        assert sum(counts) >= 0.95 * len(paths) * (1 if kind == "msvae" else 5)
        assert min(counts) >= 1


@media.needs_data
def test_the_first_frames_of_the_real_clips_are_those_that_pyav_decodes(tmp_path: Path) -> None:
    clips = own_folder(tmp_path / "real", media.real_clips())
    windows = windows_of("cmcgan", clips)
    assert {row.file for row, _, _ in windows} == {path.name for path in media.real_clips()}
    for name in {row.file for row, _, _ in windows}:
        pictures = {
            round(row.frame_s, 6): picture for row, _, picture in windows if row.file == name
        }
        with av.open(str(clips / name)) as container:
            frames: Iterator[Any] = container.decode(container.streams.best("video"))
            for frame in frames:
                picture = pictures.pop(round(float(frame.time or 0), 6), None)
                if picture is not None:
                    shown = frame.to_ndarray(format="rgb24")
                    side = min(shown.shape[:2])
                    top, left = (shown.shape[0] - side) // 2, (shown.shape[1] - side) // 2
                    square = shown[top : top + side, left : left + side]
                    expected = cv2.resize(square, (128, 128), interpolation=cv2.INTER_AREA)
                    assert np.abs(picture.astype(int) - expected).mean() < 1.5
        assert not pictures


@pytest.mark.skipif(not REAL.is_dir(), reason="the genuine Sub-URMP samples are not here")
def test_genuine_sub_urmp_becomes_the_log_mel_of_librosa(tmp_path: Path) -> None:
    folder = tmp_path / "sub_urmp"
    waves = sorted(REAL.glob("*.wav"))
    images = sorted((REAL / "cargan_pairs").rglob("bassoon*.jpg"))
    for wave, image in zip(waves, images, strict=False):
        for kind, original in (("chunk", wave), ("img", image)):
            path = folder / kind / "train" / "bassoon" / f"{wave.stem}{original.suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(original)
    manifest, _ = readers.read_corpus("sub_urmp", folder, {"split": "published"})
    windows = cut_windows("sub_urmp", "cmcgan", folder, manifest)
    assert [row.clip for row, _, _ in windows] == [wave.stem for wave in waves]
    out = tmp_path / f"sub_urmp-cmcgan-sub_urmp-{len(waves)}" / "cmcgan"
    write_features("cmcgan", ["log_mel"], folder, out / "manifest.csv", out, seed=0)
    features = np.load(out / "log_mel.npy")
    for (_, samples, picture), wave, levels in zip(windows, waves, features, strict=True):
        sound = soundfile.read(wave, dtype="float32")[0].mean(axis=1)
        full = librosa.power_to_db(librosa.feature.melspectrogram(y=sound, sr=44_100))
        expected = cv2.resize(full, (32, 128), interpolation=cv2.INTER_LINEAR)
        np.testing.assert_array_equal(samples / 32768, sound[:22_050])
        np.testing.assert_allclose(levels, expected, rtol=1e-4, atol=1e-3)
        assert picture.std() > 10
