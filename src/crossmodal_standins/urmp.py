"""Stand-in of URMP: pieces for two to four drawn players, a video and each player's own sound.

Differences from the published corpus: the parts share a key and chords but are composed apart, and
of the annotations only `Notes_*.txt` (onset in s, frequency in Hz, duration in s) is written.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crossmodal.corpora.contents import write_contents
from crossmodal.progress import progress
from crossmodal_standins.instruments import INSTRUMENTS, RATE_HZ, Difficulty, perform, sound
from crossmodal_standins.music import Performance, draw_harmony
from crossmodal_standins.players import Stage, moments_of
from crossmodal_standins.video import write_mp4
from crossmodal_standins.writing import begin, write_lines, write_wav

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

    Args, beside those of all generators (`writing`):
        pieces: 1 to 99.
        seconds: Length of a piece, at least 1.
        fps: Pictures a second.
        size: Width and height of the video in px, even.
    """
    folder = begin(folder, pieces=(pieces, 1, 99), seconds=(seconds, 1, np.inf))
    difficulty = difficulty or Difficulty()
    order = np.random.default_rng(seed).permutation(list(INSTRUMENTS)).tolist()
    files: list[Path] = []
    for piece in progress(range(pieces), title="playing", unit="piece"):
        generator = np.random.default_rng([seed, piece])
        count = 2 + piece % (MOST_PLAYERS - 1)
        names, order = order[:count], order[count:] + order[:count]
        harmony = draw_harmony(generator)
        parts = [perform(generator, name, harmony, seconds) for name in names]
        played = list(zip(names, parts, strict=True))
        sounds = [sound(generator, *pair, difficulty) for pair in played]
        short = f"{piece + 1:02d}_{NAMES[piece % len(NAMES)]}"
        title = "_".join([short, *(INSTRUMENTS[name].code for name in names)])
        for player, (name, part, samples) in enumerate(zip(names, parts, sounds, strict=True), 1):
            own = f"{player}_{INSTRUMENTS[name].code}_{short}"
            files.append(write_wav(folder / title / f"AuSep_{own}.wav", samples, RATE_HZ))
            files.append(write_lines(folder / title / f"Notes_{own}.txt", _notes(part)))
        files.append(folder / title / f"Vid_{title}.mp4")
        stage = Stage(generator, names, size, difficulty)
        times_s = np.arange(round(seconds * fps)) / fps
        moments = [moments_of(*pair, times_s) for pair in played]
        pictures = (stage.picture(generator, present) for present in zip(*moments, strict=True))
        mixture = np.rint(np.mean(sounds, axis=0)).astype(np.int16)
        write_mp4(files[-1], pictures, fps, mixture, RATE_HZ)
    write_contents(folder, files)


def _notes(part: Performance) -> list[str]:
    return [
        f"{note.onset_s:.3f}\t{440 * 2 ** ((note.midi - 69) / 12):.3f}\t{note.length_s:.3f}"
        for note in part.notes
    ]
