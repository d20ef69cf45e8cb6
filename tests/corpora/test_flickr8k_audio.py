"""The Flickr8k Audio reader on ten images with two captions each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from crossmodal.corpora import flickr8k_audio
from crossmodal.corpora.leakage import leakage
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError

IMAGES = [f"{number:04}_ab{number}.jpg" for number in range(10)]
CAPTIONS = [(f"{image[:-4]}_{k}.wav", image, k) for image in IMAGES for k in range(2)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wavs").mkdir()
    (tmp_path / "Flicker8k_Dataset").mkdir()
    for image in IMAGES:
        (tmp_path / "Flicker8k_Dataset" / image).touch()
    for number, (wav, _, _) in enumerate(CAPTIONS):
        samples = np.zeros(1600 + 160 * number, np.int16)
        soundfile.write(tmp_path / "wavs" / wav, samples, 16000)
    write(tmp_path, "wav2capt.txt", [f"{wav} {image} #{k}" for wav, image, k in CAPTIONS])
    write(tmp_path, "wav2spk.txt", [f"{wav} {k + 7}" for wav, _, k in CAPTIONS])
    write(
        tmp_path, "Flickr8k.token.txt", [f"{image}#{k}\tA dog , {k} ." for _, image, k in CAPTIONS]
    )
    write(tmp_path, "Flickr_8k.trainImages.txt", IMAGES[:6])
    write(tmp_path, "Flickr_8k.devImages.txt", IMAGES[6:8])
    write(tmp_path, "Flickr_8k.testImages.txt", IMAGES[8:])
    return tmp_path


def write(folder: Path, name: str, rows: list[str]) -> None:
    (folder / name).write_text("\n".join(rows) + "\n")


def test_the_lists_become_a_manifest(folder: Path) -> None:
    frame = flickr8k_audio.read(folder)
    assert frame["clip"].tolist() == [wav[:-4] for wav, _, _ in CAPTIONS]
    assert frame["split"].tolist() == ["train"] * 12 + ["validation"] * 4 + ["test"] * 4
    row = frame.iloc[3]
    assert (row["person"], row["source"], row["text"]) == ("8", IMAGES[1], "A dog , 1 .")
    assert (row["start_s"], row["end_s"]) == (0.0, pytest.approx(0.13))
    assert (row["audio"], row["image"]) == ("wavs/0001_ab1_1.wav", "Flicker8k_Dataset/0001_ab1.jpg")
    assert leakage(frame)["shared"].tolist() == [0, 0, 0, 2, 2, 2]


def test_texts_and_durations_may_be_missing(folder: Path) -> None:
    (folder / "Flickr8k.token.txt").unlink()
    frame = flickr8k_audio.read(folder, durations=False)
    assert set(frame["text"]) == {""}
    assert frame["end_s"].isna().all()


def lose_sound(folder: Path) -> None:
    (folder / "wavs" / CAPTIONS[5][0]).unlink()


def spoil_sound(folder: Path) -> None:
    (folder / "wavs" / CAPTIONS[5][0]).write_bytes(b"RIFF")


def forget_speaker(folder: Path) -> None:
    write(folder, "wav2spk.txt", [f"{wav} 1" for wav, _, _ in CAPTIONS[:5] + CAPTIONS[6:]])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lose_sound, "there is no such sound file"),
        (spoil_sound, "not a readable sound file"),
        (forget_speaker, "the speaker is unknown"),
    ],
)
def test_one_bad_caption_is_set_aside(
    folder: Path, damage: Callable[[Path], None], reason: str
) -> None:
    damage(folder)
    quarantine = Quarantine()
    frame = flickr8k_audio.read(folder, quarantine=quarantine)
    assert len(frame) == 19
    assert quarantine.rows == [(CAPTIONS[5][0][:-4], f"wavs/{CAPTIONS[5][0]}", reason)]


def lose_image(folder: Path) -> None:
    (folder / "Flicker8k_Dataset" / IMAGES[0]).unlink()


def lose_images(folder: Path) -> None:
    for path in (folder / "Flicker8k_Dataset").iterdir():
        path.unlink()
    (folder / "Flicker8k_Dataset").rmdir()


def lose_list(folder: Path) -> None:
    (folder / "wav2capt.txt").unlink()


def break_line(folder: Path) -> None:
    write(folder, "wav2capt.txt", ["a.wav b.jpg"])


def repeat_line(folder: Path) -> None:
    write(folder, "wav2capt.txt", ["a.wav b.jpg #0", "a.wav b.jpg #1"])


def overlap(folder: Path) -> None:
    write(folder, "Flickr_8k.testImages.txt", IMAGES[7:])


def garble(folder: Path) -> None:
    (folder / "wav2spk.txt").write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lose_image, r"2 of 20 clips are set aside: there is no such image \(2\)"),
        (lose_images, "Unpack the images"),
        (lose_list, r"wav2capt\.txt: there is no such file"),
        (break_line, "entry 1: 2 fields instead of 3"),
        (repeat_line, r"'a\.wav' stands there more than once"),
        (overlap, "is in test and in validation"),
        (garble, "not UTF-8 text"),
    ],
)
def test_damage(folder: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(folder)
    with pytest.raises(InputError, match=message) as caught:
        flickr8k_audio.read(folder)
    assert "\n" not in str(caught.value)


def test_more_may_be_set_aside_when_allowed(folder: Path) -> None:
    lose_image(folder)
    assert len(flickr8k_audio.read(folder, limit_share=0.1)) == 18
