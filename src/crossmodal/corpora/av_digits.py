"""Reader of spoken and written digits: the Free Spoken Digit Dataset with MNIST.

A folder holds both as they are published: `free-spoken-digit-dataset/recordings/*.wav`, 8 kHz,
named digit, speaker and number (`7_jackson_32.wav`), and `mnist/{train,t10k}-{images-idx3,
labels-idx1}-ubyte.gz`. What is absent is simply absent: any speakers will do, and one of MNIST's
two files. A pair is a picture and a recording of the same digit.

Two ways to split, of which a pair, and with it its picture and its recording, has one side each:

- `split`, as published: recordings 0 to 4 of a speaker and digit are the test set (5 to 9 of the
  training recordings serve as validation), as is MNIST's file t10k; the last sixth of MNIST's
  training file serves as validation. Where one of MNIST's files is absent, the pictures of the
  other are dealt at random within each digit.
- `split_speaker`, by speaker: nobody is heard on two sides. Speakers in the order of their names:
  the last sixth is the test set, the sixth before it validation, at least one each.

Sources: Jackson et al., Free Spoken Digit Dataset, https://zenodo.org/badge/latestdoi/61622039;
LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition, Proceedings
of the IEEE 1998.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.alignment.clips import cut_off
from crossmodal.corpora.idx import idx_shape, read_idx
from crossmodal.corpora.layout import arrange, files_below, need_folder
from crossmodal.corpora.quarantine import LIMIT_SHARE, Quarantine, too_many
from crossmodal.corpora.splits import deal, in_proportion
from crossmodal.errors import ClipError, InputError
from crossmodal.windows import SPLITS

RECORDINGS = "free-spoken-digit-dataset/recordings"
MNIST = "mnist"
RATE_HZ = 8000
SIDE_PX = 28

TEST_TAKES, VALIDATION_TAKES = range(5), range(5, 10)
"""Numbers of the recordings of a speaker and digit that are test (as published) and validation."""
HELD_OUT_SHARE = 1 / 6
"""Of the speakers for each of validation and test; of MNIST's training file for validation."""
DEALT_SHARE = 0.2
"""Of the pictures for each of validation and test, where one of MNIST's files is absent."""

_NAME = re.compile(r"(?P<digit>\d)_(?P<speaker>[^#+/]+)_(?P<take>\d+)\.wav")


def read(
    folder: Path,
    *,
    seed: int = 0,
    test_speakers: Sequence[str] = (),
    validation_speakers: Sequence[str] = (),
    limit_share: float = LIMIT_SHARE,
    quarantine: Quarantine | None = None,
) -> pd.DataFrame:
    """Pair every picture with a recording of its digit.

    Args:
        seed: Decides which picture goes with which recording, and how pictures are dealt.
        test_speakers: Who is the test set of `split_speaker`; none: by the order of names.
        validation_speakers: Who is its validation set; none: by the order of names.
        quarantine: Receives the recordings set aside: misnamed, damaged, not at 8 kHz, or without
            a picture of their digit on their side.

    Returns:
        One row a pair. Every picture stands in one row, and every recording in one or more; where
        there are more recordings of a digit than pictures, these stand in several rows of one
        side. `label` is the digit, `person` the speaker, `source` the recording's name, `audio`
        its path relative to the folder, `picture` the IDX file, `#` and the picture's number,
        `turn` how many pictures the recording had before, `split` and `split_speaker` as above.

    Raises:
        InputError: There is nothing to pair, a file of MNIST is damaged, a speaker that is named
            is not there, or too many recordings are set aside.
    """
    folder = need_folder(folder)
    quarantine = Quarantine() if quarantine is None else quarantine
    recordings = _recordings(folder, quarantine)
    total = len(recordings) + len(quarantine)
    sides = speaker_sides(recordings["person"].unique(), test_speakers, validation_speakers)
    recordings["split_speaker"] = recordings["person"].map(sides)
    pictures = _pictures(folder, seed)
    pairs = [
        _pair(spoken, pictures[(pictures["split"] == split) & (pictures["label"] == digit)], seed)
        for (split, digit), spoken in recordings.groupby(["split", "label"], sort=True)
    ]
    rows = pd.concat([pairs[0].iloc[:0], *pairs])
    unpaired = ~recordings["source"].isin(rows["source"])
    alone = "there is no picture of this digit on this side of the split"
    quarantine.sift(recordings.assign(clip=recordings["source"]), unpaired, "audio", alone)
    too_many(quarantine, total, limit_share, folder=folder)
    rows["clip"] = rows["source"] + "-" + rows["name"]
    rows = rows.sort_values(["person", "label", "take", "turn"], kind="stable")
    return arrange(rows, folder, ["audio", "picture", "split_speaker", "turn"])


def speaker_sides(
    speakers: Collection[str], test: Sequence[str] = (), validation: Sequence[str] = ()
) -> dict[str, str]:
    """Give every speaker a side of the split by speaker.

    Args:
        speakers: All of them; two leave none for validation, a single one is for training.
        test: Names for the test set; none: the last sixth by name, at least one.
        validation: Names for validation; none: the sixth before that, at least one.

    Raises:
        InputError: A name is unknown, or on both sides.
    """
    for field, names in (("test_speakers", test), ("validation_speakers", validation)):
        for name in names:
            if name not in speakers or (name in test and name in validation):
                raise InputError(
                    f"{name!r} is {'on both sides' if name in speakers else 'no speaker'}",
                    field=field,
                    hint=f"Choose from: {', '.join(sorted(speakers))}",
                )
    count = max(1, round(HELD_OUT_SHARE * len(speakers)))
    waiting = sorted(set(speakers) - set(test) - set(validation))
    sides = dict.fromkeys(test, "test") | dict.fromkeys(validation, "validation")
    for side, given in (("test", test), ("validation", validation)):
        if not given:
            cut = max(1, len(waiting) - count)  # one always stays for training
            waiting, held = waiting[:cut], waiting[cut:]
            sides |= dict.fromkeys(held, side)
    return sides | dict.fromkeys(waiting, "train")


def _recordings(folder: Path, quarantine: Quarantine) -> pd.DataFrame:
    """List the recordings that can be used: label, person, take, split, source, audio, end_s."""
    rows = []
    for name in files_below(folder / RECORDINGS, ".wav"):
        audio = f"{RECORDINGS}/{name}"
        stem = name[: -len(".wav")]
        try:
            named = _NAME.fullmatch(name)
            if named is None:
                raise ClipError("the name is not digit, speaker and number")
            take = int(named["take"])
            row = {
                "label": named["digit"],
                "person": named["speaker"],
                "take": take,
                "split": _published_split(take),
                "source": stem,
                "audio": audio,
                "start_s": 0.0,
                "end_s": _seconds(folder / audio),
            }
        except ClipError as error:
            quarantine.add(stem, audio, error.reason)
        else:
            rows.append(row)
    if not rows:
        raise InputError(
            "there are no recordings that can be used"
            + "".join(f": {row.file}: {row.reason}" for row in quarantine.rows[:1]),
            file=folder / RECORDINGS,
            hint="Put the recordings of the Free Spoken Digit Dataset there",
        )
    return pd.DataFrame(rows)


def _published_split(take: int) -> str:
    if take in TEST_TAKES:
        return "test"
    return "validation" if take in VALIDATION_TAKES else "train"


def _seconds(path: Path) -> float:
    """Return the duration of a recording in seconds; a ClipError says why it cannot be used."""
    import soundfile

    try:
        about = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError) as error:
        raise ClipError("not a readable sound file") from error
    if about.samplerate != RATE_HZ:
        raise ClipError(f"the sound is not at {RATE_HZ} Hz")
    if not about.frames:
        raise ClipError("the sound is empty")
    if cut_off(path):
        raise ClipError("the sound file is cut off")
    return float(about.frames / about.samplerate)


def _pictures(folder: Path, seed: int) -> pd.DataFrame:
    """List the pictures: label, name, picture, split."""
    parts = [part for name in ("train", "t10k") if (part := _part(folder, name)) is not None]
    if not parts:
        raise InputError(
            "there are no pictures with their labels",
            file=folder / MNIST,
            hint="Put train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz there, or t10k's",
        )
    if len(parts) == 2:
        train, test = parts
        first = len(train) - round(HELD_OUT_SHARE * len(train))
        train["split"] = np.where(np.arange(len(train)) < first, "train", "validation")
        test["split"] = "test"
        return pd.concat(parts, ignore_index=True)
    (only,) = parts
    names, labels = only["name"].tolist(), only["label"].tolist()
    shares = {"validation": DEALT_SHARE, "test": DEALT_SHARE}
    return only.assign(split=deal(names, **shares, seed=seed, strata=labels))


def _part(folder: Path, name: str) -> pd.DataFrame | None:
    """List the pictures of one of MNIST's two files, if it is there with its labels."""
    images = _file(folder, f"{name}-images", "idx3")
    labels = _file(folder, f"{name}-labels", "idx1")
    if images is None or labels is None:
        return None
    digits = read_idx(folder / labels)
    shape = idx_shape(folder / images)
    if digits.ndim != 1 or shape != (len(digits), SIDE_PX, SIDE_PX):
        raise InputError(
            f"pictures of {' x '.join(map(str, shape))} for {digits.size} labels",
            file=folder / images,
            hint=f"Use MNIST's files: {SIDE_PX} x {SIDE_PX} px, a label each",
        )
    if digits.size and digits.max() > 9:
        raise InputError(
            f"a label is {digits.max()}", file=folder / labels, hint="Use digits from 0 to 9"
        )
    numbers = np.arange(len(digits)).astype(str)
    return pd.DataFrame(
        {
            "label": digits.astype(str),
            "name": [f"{name}{number:>05}" for number in numbers],
            "picture": [f"{images}#{number}" for number in numbers],
        }
    )


def _file(folder: Path, stem: str, kind: str) -> str | None:
    """Return the first of the usual names of a file of MNIST that is there."""
    for name in (f"{stem}-{kind}-ubyte", f"{stem}.{kind}-ubyte"):
        for path in (f"{MNIST}/{name}.gz", f"{MNIST}/{name}"):
            if (folder / path).is_file():
                return path
    return None


def _pair(spoken: pd.DataFrame, pictures: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Pair recordings and pictures of one digit and one side of `split`.

    Pictures are shared out to the sides of `split_speaker` by the number of recordings there, so
    that none is on two of them. On each side recordings take turns until all pictures are used.
    """
    split, digit = spoken["split"].iloc[0], spoken["label"].iloc[0]
    generator = np.random.default_rng([seed, SPLITS.index(split), int(digit)])
    shuffled = pictures.iloc[generator.permutation(len(pictures))]
    sides = [part for _, part in spoken.groupby("split_speaker", sort=True)]
    ends = np.cumsum(in_proportion([len(part) for part in sides], len(pictures)))
    pairs = []
    for part, own in zip(sides, np.split(np.arange(len(pictures)), ends[:-1]), strict=True):
        count = max(len(part), len(own)) if len(own) else 0
        places = np.arange(count)
        heard = part.iloc[generator.permutation(len(part))[places % len(part)]]
        seen = shuffled.iloc[_cycled(own, count)]
        pair = heard.assign(turn=places // len(part))
        pairs.append(pair.assign(name=seen["name"].to_numpy(), picture=seen["picture"].to_numpy()))
    return pd.concat(pairs, ignore_index=True)


def _cycled(places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.resize(places, count)
