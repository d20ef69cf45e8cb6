"""Stand-in of URMP: pieces for two to four drawn players, a video and each player's own sound.

Differences from the published corpus: the parts share a key and chords but are composed apart, and
of the annotations only `Notes_*.txt` (onset in s, frequency in Hz, duration in s) is written.
"""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crossmodal.corpora.contents import write_contents
from crossmodal.errors import InputError
from crossmodal.files import atomic_path, write_text
from crossmodal.progress import progress
from crossmodal_standins.instruments import (
    INSTRUMENTS,
    RATE_HZ,
    Difficulty,
    perform,
    sound,
)
from crossmodal_standins.music import Harmony, Performance, draw_harmony
from crossmodal_standins.painting import Picture
from crossmodal_standins.stages import Stage, moments_of
from crossmodal_standins.video import write_mp4

NAMES = ("Aubade", "Berceuse", "Canzona", "Divertimento", "Elegy", "Fanfare", "Gavotte", "Hymn")
MOST_PLAYERS = 4


def synthesize(
    folder: Path,
    *,
    pieces: int,
    seconds: float,
    seed: int,
    fps: int = 25,
    size: tuple[int, int] = (512, 288),
    difficulty: Difficulty | None = None,
) -> None:
    """Write a folder a piece, such as `01_Aubade_vn_vc/`, last `contents.csv`.

    It holds `Vid_01_Aubade_vn_vc.mp4` (all players side by side, their sounds mixed), and for
    each player, from the left, `AuSep_1_vn_01_Aubade.wav` (44.1 kHz, mono) and
    `Notes_1_vn_01_Aubade.txt`. Instruments take turns, so that five pieces have all thirteen.

    Args:
        folder: Where to write; files of the same names are replaced.
        pieces: 1 to 99.
        seconds: Length of a piece, at least 1.
        seed: The same seed gives the same bytes.
        fps: Pictures a second.
        size: Width and height of the video in px, even.
        difficulty: None takes the default one.

    Raises:
        InputError: The numbers are out of range.
    """
    if not 1 <= pieces <= 99 or seconds < 1:
        raise InputError(
            f"{pieces} pieces of {seconds} s are out of range",
            field="pieces, seconds",
            hint="Ask for 1 to 99 pieces of at least 1 s",
        )
    folder, difficulty = Path(folder), difficulty or Difficulty()
    (folder / "contents.csv").unlink(missing_ok=True)
    order = np.random.default_rng(seed).permutation(list(INSTRUMENTS)).tolist()
    files: list[Path] = []
    for piece in progress(range(pieces), title="playing", unit="piece"):
        generator = np.random.default_rng([seed, piece])
        count = 2 + piece % (MOST_PLAYERS - 1)
        names, order = order[:count], order[count:] + order[:count]
        harmony = draw_harmony(generator)
        parts = [perform(generator, name, harmony, seconds) for name in names]
        sounds = [
            sound(generator, name, part, difficulty)
            for name, part in zip(names, parts, strict=True)
        ]
        codes = [INSTRUMENTS[name].code for name in names]
        short = f"{piece + 1:02d}_{NAMES[piece % len(NAMES)]}"
        title = "_".join([short, *codes])
        for player, (code, part, samples) in enumerate(
            zip(codes, parts, sounds, strict=True), start=1
        ):
            track = folder / title / f"AuSep_{player}_{code}_{short}.wav"
            _write_mono(track, samples)
            files += [track, _write_notes(track, part)]
        video = folder / title / f"Vid_{title}.mp4"
        stage = Stage(generator, names, size, difficulty)
        mixture = np.mean(np.stack(sounds).astype(np.float64), axis=0)
        write_mp4(
            video,
            _pictures(stage, generator, parts, harmony, fps),
            fps,
            np.asarray(np.round(mixture), dtype=np.int16),
            RATE_HZ,
        )
        files.append(video)
    write_contents(folder, files)


def _pictures(
    stage: Stage,
    generator: np.random.Generator,
    parts: Sequence[Performance],
    harmony: Harmony,
    fps: int,
) -> Iterator[Picture]:
    times_s = np.arange(round(parts[0].seconds * fps)) / fps
    moments = [
        moments_of(name, part, times_s, harmony.beat_s)
        for name, part in zip(stage.names, parts, strict=True)
    ]
    for present in zip(*moments, strict=True):
        yield stage.picture(generator, present)


def _write_mono(path: Path, samples: NDArray[np.int16]) -> None:
    with atomic_path(path) as temporary, wave.open(str(temporary), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(RATE_HZ)
        stream.writeframes(samples.astype("<i2").tobytes())


def _write_notes(track: Path, part: Performance) -> Path:
    path = track.with_name(track.name.replace("AuSep_", "Notes_")).with_suffix(".txt")
    rows = [
        f"{note.onset_s:.3f}\t{440 * 2 ** ((note.midi - 69) / 12):.3f}\t{note.length_s:.3f}"
        for note in part.notes
    ]
    write_text(path, "\n".join(rows) + "\n")
    return path
