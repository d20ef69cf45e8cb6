"""Stand-in of the spoken and written digits: eSpeak NG says them, strokes write them.

Differences from the published corpora: speakers are voices of a synthesizer, whose takes vary in
pitch, pace and level alone; hands are drawn anew for every written digit, so the two files of MNIST
have the same hands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.corpora.av_digits import MNIST, RATE_HZ, RECORDINGS
from crossmodal.corpora.contents import write_contents
from crossmodal.corpora.idx import write_idx
from crossmodal.progress import progress
from crossmodal_standins.captions import draw_voices
from crossmodal_standins.handwriting import write_digit
from crossmodal_standins.people import Voice
from crossmodal_standins.voices import RATE_HZ as SYNTHESIZER_HZ
from crossmodal_standins.voices import Sound, as_int16, resampled, say, with_noise
from crossmodal_standins.writing import begin, write_table, write_wav

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LEAST_TAKES = 11
"""The first five of a speaker and digit are the test set, the next five validation."""
NOISE_DB = (-60.0, -40.0)


def synthesize(
    folder: Path, *, speakers: int, takes: int, train: int, test: int, seed: int
) -> None:
    """Write the published layout, `truth.csv`, last `contents.csv`.

    `truth.csv` has a row a recording: its name, and the voice as it spoke.

    Args, beside those of all generators (`writing`):
        speakers: How many voices, at least 3, so that the split by speaker has three sides.
        takes: Recordings of each digit by each of them, at least 11.
        train: Pictures in MNIST's training file, at least 100.
        test: Pictures in its test file, at least 50.
    """
    sizes = {"speakers": (speakers, 3), "takes": (takes, LEAST_TAKES)}
    sizes |= {"train": (train, 100), "test": (test, 50)}
    folder = begin(folder, **{name: (*size, np.inf) for name, size in sizes.items()})
    files, truth = [], []
    names = [f"speaker{number:02}" for number in range(1, speakers + 1)]
    voices = draw_voices(np.random.default_rng([seed, 0]), speakers)
    drawn = list(zip(names, voices, strict=True))
    for number, (name, voice) in enumerate(progress(drawn, title="speaking", unit="speaker")):
        generator = np.random.default_rng([seed, 1, number])
        for digit, take, spoken, own in _takes(generator, voice, takes):
            path = folder / RECORDINGS / f"{digit}_{name}_{take}.wav"
            files.append(write_wav(path, spoken, RATE_HZ))
            truth.append({"recording": path.stem, **asdict(own)})
    for number, (part, count) in enumerate((("train", train), ("t10k", test))):
        generator = np.random.default_rng([seed, 2, number])
        # Every ten pictures hold every digit, so that also a small share of them has all.
        tens = [generator.permutation(10) for _ in range(-(-count // 10))]
        labels = np.concatenate(tens)[:count].astype(np.uint8)
        pictures = np.stack([write_digit(generator, str(digit)) for digit in labels])
        files.append(write_idx(folder / MNIST / f"{part}-images-idx3-ubyte.gz", pictures))
        files.append(write_idx(folder / MNIST / f"{part}-labels-idx1-ubyte.gz", labels))
    files.append(write_table(folder / "truth.csv", pd.DataFrame(truth)))
    write_contents(folder, files)


def _takes(
    generator: np.random.Generator, voice: Voice, takes: int
) -> Iterator[tuple[int, int, Sound, Voice]]:
    """Yield every digit and take of a speaker: digit, take, sound, the voice as it spoke."""
    for digit, word in enumerate(WORDS):
        for take in range(takes):
            own = replace(
                voice,
                pitch_hz=voice.pitch_hz * float(2 ** generator.normal(0, 0.12)),
                pitch_range=int(np.clip(voice.pitch_range + generator.integers(-15, 16), 0, 100)),
                words_per_minute=round(voice.words_per_minute * generator.uniform(0.75, 1.25)),
                formants=voice.formants * float(generator.uniform(0.97, 1.03)),
                brightness_db=voice.brightness_db + float(generator.normal(0, 1.5)),
            )
            sound = say(word, own) * np.float32(generator.uniform(0.2, 1.0) / 32768)
            sound = resampled(sound, RATE_HZ // 50, SYNTHESIZER_HZ // 50)
            spoken = as_int16(with_noise(sound, generator, generator.uniform(*NOISE_DB)))
            yield digit, take, spoken, own
