"""Features of windows against direct calls, scikit-learn and, on genuine samples, librosa."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import librosa
import numpy as np
import pytest
import scipy.io
import soundfile
from fixture_windows import blobs, sounds, write_windows
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from crossmodal.corpora import prepared_arrays, the_big_bang_theory
from crossmodal.corpora.manifest import read_manifest, write_manifest
from crossmodal.corpora.media import FEATURES
from crossmodal.errors import InputError
from crossmodal.features import deep as deep_module
from crossmodal.features import source as source_module
from crossmodal.features.audio import (
    CAPTION,
    caption_front_end,
    log_mel,
    mfcc_windows,
    pad_or_cut,
    resize_log_mel,
)
from crossmodal.features.frames import face_descriptors, grey_face
from crossmodal.features.image import read_image
from crossmodal.features.stage import write_features
from crossmodal.features.voice import Reading, voice_spectra

SHARED = Path(__file__).parents[3] / "shared" / "data"
Array = NDArray[Any]


@pytest.fixture(autouse=True)
def _several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "BLOCK", 5)


def made(
    kind: str, manifest: Path, *names: str, folder: Path | None = None, **options: Any
) -> dict[str, Array]:
    """Make features of a kind, all of them unless named."""
    out = manifest.parent / "features"
    given = folder or manifest.parent
    wanted = list(names or FEATURES[kind])
    write_features(kind, wanted, given, manifest, out, seed=0, **options)
    return {name: np.load(out / f"{name}.npy") for name in wanted}


def settings_of(manifest: Path, name: str) -> dict[str, Any]:
    text = json.loads((manifest.parent / "features" / f"{name}.json").read_text())
    return dict(text["settings"])


def standardised(sequences: Array, train: Array) -> Array:
    """Return sequences [n, d, t] standardised over all training frames by scikit-learn."""
    rows, width, steps = sequences.shape
    frames = sequences.transpose(0, 2, 1).reshape(-1, width).astype(np.float64)
    scaler = StandardScaler().fit(frames[np.repeat(train, steps)])
    return np.asarray(scaler.transform(frames).reshape(rows, steps, width).transpose(0, 2, 1))


def test_names_are_those_the_workflow_knows() -> None:
    for made_from, names in FEATURES.items():
        module = __import__(f"crossmodal.features.makers.{made_from}", fromlist=["NAMES"])
        assert names == module.NAMES


def test_a_kind_loads_only_what_it_needs() -> None:
    check = (
        "import sys, crossmodal.features.stage, crossmodal.features.makers.cmcgan;"
        "print(*{'cv2', 'torchvision', 'sklearn', 'matplotlib'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", check]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "\n"


def test_log_mel(tmp_path: Path) -> None:
    waves = sounds(12, 22_050)
    manifest = write_windows(tmp_path, waves, blobs(12, 1, 16)[:, 0])
    found = made("cmcgan", manifest)["log_mel"]
    assert found.shape == (12, 128, 32)
    assert found.dtype == np.float32
    assert np.array_equal(found, resize_log_mel(log_mel(waves)))
    assert np.array_equal(made("cmcgan", manifest, threads=2)["log_mel"], found)
    assert settings_of(manifest, "log_mel")["bands"] == 128


def test_windows_of_another_kind_are_named(tmp_path: Path) -> None:
    manifest = write_windows(tmp_path, sounds(2, 8_000))
    with pytest.raises(InputError, match="8000 samples instead of 22050"):
        made("cmcgan", manifest)
    with pytest.raises(InputError, match=r"no feature 'mfcc'.*Use log_mel"):
        made("cmcgan", manifest, "mfcc")
    with pytest.raises(InputError, match=r"no feature 'log_mel'.*captions or cmcgan"):
        made("../cmcgan", manifest, "log_mel")
    assert not (tmp_path / "features").exists()


def test_mfcc_and_face_are_fitted_on_their_split(tmp_path: Path) -> None:
    waves, pictures = sounds(12, 8_000), blobs(12, 13, 64)
    manifest = write_windows(tmp_path, waves, pictures)
    found = made("facevoice", manifest)
    described = face_descriptors(pictures.reshape(-1, 64, 64, 3)).astype(np.float64)
    frame = read_manifest(manifest)
    for end, column in (("", "split"), ("_random", "split_random")):
        train = (frame[column] == "train").to_numpy(dtype=bool)
        assert found[f"mfcc{end}"].shape == (12, 25, 49)
        np.testing.assert_allclose(
            found[f"mfcc{end}"], standardised(mfcc_windows(waves), train), atol=1e-4
        )
        assert found[f"face{end}"].shape == (12, 53, 13)
        components = PCA(53, svd_solver="full").fit(described[np.repeat(train, 13)])
        projected = components.transform(described).reshape(12, 13, 53).transpose(0, 2, 1)
        # the sign of a component is a convention
        expected = np.abs(standardised(projected, train))
        np.testing.assert_allclose(np.abs(found[f"face{end}"]), expected, atol=2e-3)
        settings = settings_of(manifest, f"face{end}")
        assert (settings["fitted_on"], settings["training_rows"]) == (column, int(train.sum()))
        share = components.explained_variance_ratio_.sum()
        assert settings["explained_share"] == pytest.approx(share, abs=1e-6)


def test_a_test_row_changes_no_training_row(tmp_path: Path) -> None:
    waves, pictures = sounds(12, 8_000), blobs(12, 13, 64)
    frame = read_manifest(write_windows(tmp_path / "a", waves, pictures))
    first = made("facevoice", tmp_path / "a" / "manifest.csv")
    held = (frame["split"] == "test").to_numpy(dtype=bool)
    waves[held], pictures[held] = sounds(3, 8_000, seed=9), blobs(3, 13, 64, seed=9)
    second = made("facevoice", write_windows(tmp_path / "b", waves, pictures))
    for name in ("mfcc", "face"):
        assert np.array_equal(first[name][~held], second[name][~held])
        assert not np.array_equal(first[name][held], second[name][held])
        # rows held out of `split` are training rows of the random split
        assert not np.array_equal(first[f"{name}_random"][~held], second[f"{name}_random"][~held])
        told = [
            json.loads((tmp_path / side / "features" / f"{name}.json").read_text())
            for side in ("a", "b")
        ]
        assert told[0]["settings"] == told[1]["settings"]
        assert told[0]["sha256"] != told[1]["sha256"]


def test_too_few_faces_are_named(tmp_path: Path) -> None:
    manifest = write_windows(tmp_path, sounds(4, 8_000), blobs(4, 13, 64))
    with pytest.raises(InputError, match="39 training rows"):
        made("facevoice", manifest, "face")
    assert not (tmp_path / "features").exists()


def test_prepared_arrays_are_taken_as_they_are(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    forms = {"train_face": (53, 13), "train_audio": (25, 49), "5classes": (78, 49)}
    for name, shape in forms.items():
        (tmp_path / name).mkdir()
        prefix = "test_" if name == "5classes" else ""
        values = random.normal(2, 5, (*shape, 10))
        arrays = {f"{prefix}samples": values, f"{prefix}labels": np.eye(5)[:, np.arange(10) % 5]}
        scipy.io.savemat(tmp_path / name / "1.mat", arrays)
    frame = the_big_bang_theory.read(tmp_path, validation=0.2)
    frame = frame.assign(frame_s="", samples=0, split_random=frame["split"].tolist())
    windows = tmp_path / "windows"
    manifest = write_windows(windows, np.empty((20, 0), np.int16))
    write_manifest(manifest, frame)
    found = made("facevoice", manifest, folder=tmp_path)
    held, coefficients = prepared_arrays.load(tmp_path, frame)
    train = (frame["split"] == "train").to_numpy(dtype=bool)
    row = frame.iloc[0]
    face = scipy.io.loadmat(tmp_path / "train_face" / "1.mat")["samples"][..., row["face_row"]]
    frames = held[:, :, np.array(prepared_arrays.FRAME_STEPS) - 1]
    np.testing.assert_allclose(frames[0], face, rtol=1e-6)
    np.testing.assert_allclose(found["face"], standardised(frames, train), atol=1e-5)
    np.testing.assert_allclose(found["mfcc"], standardised(coefficients, train), atol=1e-5)
    assert "prepared" in settings_of(manifest, "face")["from"]


def test_voices_as_written_and_corrected(tmp_path: Path) -> None:
    waves, pictures = sounds(7, 48_000), blobs(7, 4, 64)
    lengths = np.array([48_000, 20_000, 600, 48_000, 48_000, 30_000, 100])
    for wave, length in zip(waves, lengths, strict=True):
        wave[length:] = 0
    manifest = write_windows(tmp_path, waves, pictures, samples=lengths)
    found = made("msvae", manifest)
    true = np.maximum(lengths, 512)
    readings: tuple[Reading, ...] = ("corrected", "as_written", "corrected_whole_clip")
    expected = voice_spectra(waves, readings, lengths=true)
    for place, name in enumerate(("voice", "voice_as_written", "voice_whole_clip")):
        assert found[name].shape == (7, 512)
        assert np.array_equal(found[name], expected[:, place])
        assert settings_of(manifest, name)["reading"] == readings[place]
        assert np.array_equal(made("msvae", manifest, name, threads=2)[name], found[name])
    np.testing.assert_allclose(found["voice"].std(axis=1), 1, atol=1e-3)
    assert np.abs(found["voice_as_written"]).max() < 1e-3
    assert not np.allclose(found["voice"], found["voice_whole_clip"])
    alone = voice_spectra(waves[1:2, :20_000])[0, 0]
    np.testing.assert_allclose(found["voice"][1], alone, atol=2e-5)
    faces = np.stack([grey_face(row).ravel() for row in pictures])
    assert found["face_grey"].shape == (7, 529)
    assert np.array_equal(found["face_grey"], faces)


def described_images(folder: Path, count: int) -> tuple[list[str], list[str]]:
    """Draw images of two colours; return their names and what is said of them."""
    random = np.random.default_rng(0)
    names = [f"images/{index}.jpg" for index in range(count)]
    (folder / "images").mkdir(parents=True)
    for index, name in enumerate(names):
        picture = random.integers(0, 120, (40, 60, 3), dtype=np.uint8)
        picture[..., index % 3] += 120
        cv2.imwrite(str(folder / name), picture)
    return names, [f"the {('blue', 'green', 'red')[index % 3]} picture" for index in range(count)]


def test_captions_keep_their_true_frames(tmp_path: Path) -> None:
    waves = sounds(6, 163_840)
    lengths = np.array([163_840, 16_000, 163_839, 80_000, 201, 0])
    for wave, length in zip(waves, lengths, strict=True):
        wave[length:] = 0
    manifest = write_windows(tmp_path, waves, samples=lengths)
    found = made("captions", manifest, "caption")["caption"]
    assert found.shape == (6, 40, 1024)
    assert found.dtype == np.float16
    for bands, wave, length in zip(found, waves, lengths, strict=True):
        true = min(1 + length // 160, 1024)
        assert (bands[:, true:] == CAPTION.fill_db).all()
        if length > 200:
            expected, frames = pad_or_cut(caption_front_end(wave[:length]))
            assert frames == true
            assert np.array_equal(bands, expected.astype(np.float16))
    assert np.array_equal(made("captions", manifest, "caption", threads=3)["caption"], found)


def test_an_image_is_described_once_for_all_its_captions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(deep_module.SMALL, "epochs", 2)
    names, texts = described_images(tmp_path, 12)
    reads: list[Path] = []

    def read(path: Path) -> Array:
        reads.append(path)
        return read_image(path)

    monkeypatch.setattr(deep_module, "read_image", read)
    waves = np.zeros((24, 163_840), np.int16)
    # both captions of an image are on one side
    split = ["train" if index % 12 < 9 else "test" for index in range(24)]
    columns: dict[str, Any] = {"image": names * 2, "text": texts * 2, "split": split}
    manifest = write_windows(tmp_path / "w", waves, **columns)
    found = made("captions", manifest, "image_deep", folder=tmp_path)["image_deep"]
    assert found.shape == (24, 128)
    assert np.array_equal(found[:12], found[12:])
    assert len(np.unique(found, axis=0)) == 12
    assert reads == [tmp_path / name for name in names]
    settings = settings_of(manifest, "image_deep")
    assert (settings["distinct_images"], settings["taken"]) == (12, 3)
    assert settings["target"] == "words of the training captions"

    columns["text"] = [
        text if side == "train" else "unheard" for text, side in zip(texts * 2, split, strict=True)
    ]
    other = write_windows(tmp_path / "v", waves, **columns)
    again = made("captions", other, "image_deep", folder=tmp_path)["image_deep"]
    assert np.array_equal(again, found)

    columns["text"] = [""] * 24
    silent = write_windows(tmp_path / "u", waves, **columns)
    with pytest.raises(InputError, match=r"captions' words.*download vgg16"):
        made("captions", silent, "image_deep", folder=tmp_path)


def test_captions_with_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names, texts = described_images(tmp_path, 6)
    weights = tmp_path / "vgg16.pth"
    weights.write_bytes(b"weights")
    calls: list[list[Path]] = []

    def describe(images: list[Path], _: Path, *, out: Array, **options: Any) -> Array:
        calls.append(images)
        out[:] = np.arange(len(images))[:, None]
        return out

    monkeypatch.setattr(deep_module, "vgg16_fc7", describe)
    columns: dict[str, Any] = {"image": [*names, *names[::-1]], "text": texts * 2}
    manifest = write_windows(tmp_path / "w", np.zeros((12, 163_840), np.int16), **columns)
    found = made("captions", manifest, "image_deep", folder=tmp_path, weights=weights)
    assert calls == [[tmp_path / name for name in names]]
    assert found["image_deep"].shape == (12, 4096)
    assert found["image_deep"][:, 7].tolist() == [0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0]
    assert settings_of(manifest, "image_deep")["network"] == "VGG16 fc7"


def windows_of(paths: list[Path], rate_hz: int, samples: int) -> NDArray[np.int16]:
    """Return the beginning of some sound files as windows."""
    rows = []
    for path in paths:
        wave, _ = librosa.load(path, sr=rate_hz, mono=True)
        rows.append(np.pad(wave, (0, samples))[:samples])
    return np.asarray(np.clip(np.stack(rows), -1, 1) * 32_767, dtype=np.int16)


@pytest.mark.skipif(
    not (SHARED / "sub-urmp").is_dir(), reason="needs the samples in ../shared/data/sub-urmp"
)
def test_genuine_chunks_of_sub_urmp(tmp_path: Path) -> None:
    paths = sorted((SHARED / "sub-urmp").glob("*.wav"))
    assert all(soundfile.info(path).samplerate == 44_100 for path in paths)
    waves = windows_of(paths, 44_100, 22_050)
    found = made("cmcgan", write_windows(tmp_path, waves))["log_mel"]
    for wave, values in zip(waves, found, strict=True):
        power = librosa.feature.melspectrogram(y=(wave / 32_768).astype(np.float32), sr=44_100)
        levels = librosa.power_to_db(power)
        expected = cv2.resize(levels, (32, 128), interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(values, expected, atol=1e-2)


@pytest.mark.skipif(
    not (SHARED / "free-spoken-digit-dataset").is_dir(),
    reason="needs the digits in ../shared/data/free-spoken-digit-dataset",
)
def test_genuine_speech(tmp_path: Path) -> None:
    paths = sorted((SHARED / "free-spoken-digit-dataset" / "recordings").glob("*.wav"))[::500]
    waves = windows_of(paths, 16_000, 8_000)
    manifest = write_windows(tmp_path, waves)
    found = made("facevoice", manifest, "mfcc")["mfcc"]
    train = (read_manifest(manifest)["split"] == "train").to_numpy(dtype=bool)
    expected = np.stack(
        [
            librosa.feature.mfcc(
                y=wave / 32_768,
                sr=16_000,
                n_mfcc=25,
                n_mels=40,
                n_fft=320,
                hop_length=160,
                center=False,
            )
            for wave in waves
        ]
    )
    np.testing.assert_allclose(found, standardised(expected, train), atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "samples", "steps"), [("digits", 8000, 63), ("digit_strings", 32_000, 251)]
)
def test_spoken_digits_agree_with_librosa(
    kind: str, samples: int, steps: int, tmp_path: Path
) -> None:
    waves = sounds(9, samples)
    waves[3, samples // 3 :] = 0
    found = made(kind, write_windows(tmp_path, waves))["log_mel"]
    assert found.shape == (9, 40, steps)
    for wave, levels in zip(waves, found, strict=True):
        power = librosa.feature.melspectrogram(
            y=wave / 32768, sr=8000, n_fft=256, hop_length=128, n_mels=40
        )
        reference = librosa.power_to_db(power, ref=np.max)
        np.testing.assert_allclose(levels, reference, atol=1e-2)
