"""A small folder of spoken and written digits in the published layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from crossmodal.corpora.av_digits import MNIST, RATE_HZ, RECORDINGS
from crossmodal.corpora.idx import write_idx

SPEAKERS = ("ada", "ben", "cleo", "dora", "emil")
TAKES = 12


def write_digits(
    folder: Path,
    *,
    speakers: Sequence[str] = SPEAKERS,
    takes: int = TAKES,
    train: int = 600,
    test: int = 300,
    digits: int = 10,
) -> Path:
    """Write recordings and pictures; no two recordings and no two pictures are the same.

    Args:
        folder: Where to write.
        speakers: Who speaks.
        takes: Recordings of each digit by each of them.
        train: Pictures of the training file; none: no such file.
        test: Pictures of the test file; none: no such file.
        digits: How many digits there are, from 0.
    """
    for digit in range(digits):
        for speaker in speakers:
            for take in range(takes):
                write_recording(folder, f"{digit}_{speaker}_{take}.wav")
    for part, count in (("train", train), ("t10k", test)):
        if count:
            write_pictures(folder, part, count, digits)
    return folder


def write_recording(folder: Path, name: str, rate_hz: int = RATE_HZ) -> Path:
    """Write noise that only this name has, 0.2 to 0.3 s."""
    generator = np.random.default_rng(list(name.encode()))
    samples = generator.integers(-9000, 9000, int(generator.integers(1600, 2400)), dtype=np.int16)
    path = folder / RECORDINGS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(str(path), samples, rate_hz, subtype="PCM_16")
    return path


def write_pictures(folder: Path, part: str, count: int, digits: int = 10) -> None:
    """Write noise, and labels that go through the digits in turn."""
    generator = np.random.default_rng([count, len(part)])
    pictures = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    write_idx(folder / MNIST / f"{part}-images-idx3-ubyte.gz", pictures)
    labels = (np.arange(count) % digits).astype(np.uint8)
    write_idx(folder / MNIST / f"{part}-labels-idx1-ubyte.gz", labels)
