"""Each kind of window on each corpus: what it holds is what the files hold."""

from __future__ import annotations

from pathlib import Path

import cv2
import fixture_media as media
import numpy as np
import pytest
import soundfile
from fixture_stage import RATE_HZ, manifest_of, run_stage, write_jpeg, write_video, write_wav
from numpy.typing import NDArray
from PIL import Image

RED, GREEN, BLUE = (220, 40, 40), (40, 200, 40), (40, 40, 220)


def noise(seconds: float, rate_hz: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(round(seconds * rate_hz))
    return rng.uniform(-0.5, 0.5, round(seconds * rate_hz)).astype(np.float32)


def pcm(path: Path) -> NDArray[np.int16]:
    samples: NDArray[np.int16] = soundfile.read(str(path), dtype="int16", always_2d=True)[0]
    return samples


def colour_of(picture: NDArray[np.uint8]) -> tuple[int, ...]:
    return tuple(int(value) for value in np.median(picture.reshape(-1, 3), axis=0))


def close(colour: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(colour, other, strict=True)) < 12


def test_sub_urmp_is_the_samples_and_the_centred_square_of_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "sub_urmp"
    stereo = np.repeat(noise(0.5, RATE_HZ)[:, None], 2, axis=1)
    short = noise(0.49, RATE_HZ)
    clips = []
    for name, sound in (("flute00_500", stereo), ("flute00_1000", short)):
        write_wav(folder / f"{name}.wav", sound)
        write_jpeg(folder / f"{name}.jpg", GREEN, (384, 256))
        clips.append({"clip": name, "audio": f"{name}.wav", "image": f"{name}.jpg"})
    clips.append({"clip": "flute00_1500", "audio": "", "image": clips[0]["image"]})
    rows = manifest_of(clips).assign(start_s=[0.0, 0.5, 1.0], end_s=[0.5, 1.0, 1.5])
    result = run_stage("sub_urmp", "cmcgan", folder, rows)
    assert result.rows["clip"].tolist() == ["flute00_500", "flute00_1000"]
    assert result.aside == {"flute00_1500": "there is no sound"}
    assert result.rows["samples"].tolist() == ["22050", "21609"]
    assert (result.rows["frame_s"] == "").all()
    np.testing.assert_array_equal(result.waves[0], pcm(folder / "flute00_500.wav")[:, 0])
    assert (result.waves[1, :21_609] == pcm(folder / "flute00_1000.wav")[:, 0]).all()
    assert not result.waves[1, 21_609:].any()
    image = np.asarray(Image.open(folder / "flute00_500.jpg"))[:, 64:320]
    np.testing.assert_array_equal(
        result.pictures[0], cv2.resize(image, (128, 128), interpolation=cv2.INTER_AREA)
    )


def test_urmp_gives_every_player_a_strip_of_the_picture_and_the_own_sound(tmp_path: Path) -> None:
    folder = tmp_path / "urmp"
    folder.mkdir()
    colours = (RED, GREEN, BLUE)

    def draw(number: int, width: int, height: int) -> NDArray[np.uint8]:
        picture = np.zeros((height, width, 3), np.uint8)
        for player, colour in enumerate(colours):
            left, right = player * width // 3, (player + 1) * width // 3
            picture[:, left:right] = np.array(colour) * (0.5 + 0.5 * (number < 25))
        return picture

    write_video(folder / "piece.mp4", 2.2, size=(360, 144), draw=draw)
    clips = []
    for player in (1, 2, 3):
        write_wav(folder / f"{player}.wav", noise(1.6 + 0.2 * player, RATE_HZ))
        clips.append(
            {
                "clip": f"p{player}",
                "video": "piece.mp4",
                "audio": f"{player}.wav",
                "source": "piece",
            }
            | {"player": str(player), "players": "3"}
        )
    (folder / "4.wav").touch()
    broken = {**clips[0], "clip": "p4", "audio": "4.wav"}
    rows = manifest_of([*clips, broken])
    result = run_stage("urmp", "cmcgan", folder, rows, step_ms=500)
    assert result.aside == {"p4": "the file is empty"}
    assert result.rows["clip"].str[:2].value_counts().to_dict() == {"p1": 3, "p2": 4, "p3": 4}
    for place, row in enumerate(result.rows.itertuples()):
        player, start_s = int(str(row.player)), float(str(row.start_s))
        first = round(start_s * RATE_HZ)
        own = pcm(folder / f"{player}.wav")[first : first + 22_050, 0]
        np.testing.assert_array_equal(result.waves[place], own)
        bright = 1.0 if start_s < 1.0 else 0.5
        expected = tuple(round(bright * value) for value in colours[player - 1])
        assert close(colour_of(result.pictures[place]), expected)
        assert float(str(row.frame_s)) == pytest.approx(int(start_s / 0.04 + 1e-6) * 0.04, abs=1e-3)


def test_own_videos_are_cut_by_their_rows(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    write_video(folder / "a.mp4", 3.0)
    clips = [
        {"clip": "a#1", "file": "a.mp4", "start_s": 0.3, "end_s": 1.5},
        {"clip": "a#2", "file": "a.mp4", "start_s": 2.0},
        {"clip": "a#3", "file": "a.mp4", "start_s": 2.8},
    ]
    result = run_stage("folder", "cmcgan", folder, manifest_of(clips), step_ms=200)
    starts = {
        clip: rows["start_s"].tolist()
        for clip, rows in result.rows.groupby(result.rows["clip"].str[:3])
    }
    assert starts["a#1"] == pytest.approx([0.3, 0.5, 0.7, 0.9])
    assert starts["a#2"] == pytest.approx([2.0, 2.2, 2.4])
    assert result.aside == {"a#3": "shorter than a window"}
    shown = [media.number_of(picture) for picture in result.pictures]
    # The picture is 64 x 48: of eight bars the centred square shows six, and the seventh's number.
    frames = (result.rows["frame_s"].astype(float) / 0.04).round().astype(int)
    square = [media.number_of(media.numbered(frame, 64, 48)[:, 8:56]) for frame in frames]
    assert shown == square


def test_voxceleb_takes_three_seconds_and_four_faces_of_one_track(tmp_path: Path) -> None:
    folder = tmp_path / "voxceleb1"
    names = ["00001", "00002", "00007"]
    clips = []
    for place, name in enumerate(names):
        audio = f"wav/id1/video/{name}.wav"
        write_wav(folder / audio, noise(1.5 + 2 * place, 16_000), 16_000)
        clips.append({"clip": name, "audio": audio, "faces": "unzippedFaces/x/1.6/video"})
    for track in range(2):
        for image in range(9):
            colour = (25 * image, 100 * track + 50, 100)
            path = f"unzippedFaces/x/1.6/video/{track:07d}/{25 * image:07d}.jpg"
            write_jpeg(folder / path, colour, (80, 80))
    result = run_stage("voxceleb1", "msvae", folder, manifest_of(clips))
    assert result.waves.shape == (3, 48_000)
    assert result.pictures.shape == (3, 4, 64, 64, 3)
    assert result.rows["samples"].tolist() == ["24000", "48000", "48000"]
    assert result.rows["end_s"].tolist() == [1.5, 3.5, 5.5]
    for place, name in enumerate(names):
        sound = pcm(folder / f"wav/id1/video/{name}.wav")[:48_000, 0]
        np.testing.assert_array_equal(result.waves[place, : len(sound)], sound)
        assert not result.waves[place, len(sound) :].any()
        # The third utterance starts again with the first track.
        for face, image in zip(result.pictures[place], (1, 3, 5, 7), strict=True):
            assert close(colour_of(face), (25 * image, 100 * (place % 2) + 50, 100))


@pytest.mark.parametrize("corpus", ["flickr8k_audio", "places_audio"])
def test_captions_are_the_first_1024_frames(tmp_path: Path, corpus: str) -> None:
    folder = tmp_path / corpus
    clips = []
    for name, seconds in (("short", 1.0), ("long", 11.0)):
        write_wav(folder / f"{name}.wav", noise(seconds, 16_000), 16_000)
        write_jpeg(folder / "picture.jpg", RED)
        clips.append({"clip": name, "audio": f"{name}.wav", "image": "picture.jpg", "text": "a, b"})
    result = run_stage(corpus, "captions", folder, manifest_of(clips))
    assert result.waves.shape == (2, 163_840)
    assert result.pictures.shape == (2, 0)
    assert result.rows["samples"].tolist() == ["16000", "163840"]
    assert result.rows["end_s"].tolist() == [1.0, 11.0]
    assert result.rows["text"].tolist() == ["a, b"] * 2
    for place, name in enumerate(("short", "long")):
        sound = pcm(folder / f"{name}.wav")[:163_840, 0]
        np.testing.assert_array_equal(result.waves[place, : len(sound)], sound)


def test_released_faces_go_round_and_damaged_ones_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "released"
    write_wav(folder / "penny.wav", noise(1.7, 16_000), 16_000)
    for image in range(20):
        write_jpeg(folder / "faces" / f"{image:02d}.jpg", (12 * image, 60, 90), (70, 70))
    (folder / "faces" / "04.jpg").write_bytes(b"")
    clip = {"clip": "penny", "audio": "penny.wav", "faces": "faces", "face_images": "20"}
    result = run_stage("the_big_bang_theory", "facevoice", folder, manifest_of([clip]))
    assert result.waves.shape == (3, 8000)
    assert result.pictures.shape == (3, 13, 64, 64, 3)
    np.testing.assert_array_equal(result.waves.ravel(), pcm(folder / "penny.wav")[:24_000, 0])
    assert (result.rows["frame_s"] == "").all()
    assert result.rows["start_s"].tolist() == [0.0, 0.5, 1.0]
    images = [image for image in range(20) if image != 4]
    for place, face in enumerate(result.pictures.reshape(-1, 64, 64, 3)):
        assert close(colour_of(face), (12 * images[place % 19], 60, 90))
    assert list(result.aside) == ["penny"]
    assert "other images are used" in result.aside["penny"]


def test_prepared_arrays_pass_through(tmp_path: Path) -> None:
    clips = [
        {"clip": f"1:{row}", "audio": "a.mat", "audio_row": str(row), "faces": "f.mat"}
        | {"face_row": "3", "start_s": 0.0, "end_s": 0.5}
        for row in range(3)
    ]
    rows = manifest_of(clips)
    result = run_stage("the_big_bang_theory", "facevoice", tmp_path / "none", rows, shards=2)
    assert result.waves.shape == result.pictures.shape == (3, 0)
    assert result.rows["audio_row"].tolist() == ["0", "1", "2"]
    assert result.rows["samples"].tolist() == ["0"] * 3
