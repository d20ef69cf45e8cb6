"""Stand-in of Sub-URMP: drawn players and synthesised instruments, half a second a pair.

A song is one melody by one player. As in the published corpus all players sit in one studio, before
a blue curtain, and an instrument has one to five of them, each with the same clothes and camera in
all of his or her songs; melody, timbre and reverberation differ from song to song. What moves in a
picture is where the sound that starts with it has it (`players`). Differences from the published
corpus: songs have equal lengths, and a picture is small by default.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.corpora.contents import write_contents
from crossmodal.corpora.sub_urmp import CHUNK_MS, STEP_MS
from crossmodal.errors import InputError
from crossmodal.files import atomic_path
from crossmodal.progress import progress
from crossmodal_standins.canvas import jpeg
from crossmodal_standins.instruments import INSTRUMENTS, RATE_HZ, Difficulty, perform, sound
from crossmodal_standins.music import Performance, draw_harmony
from crossmodal_standins.players import Stage, moments_of
from crossmodal_standins.writing import begin, write_table, write_wav

VALIDATION_SHARE = 0.12
"""Share of the release's pairs in its `validation` folders; here the last songs, one at least."""
MOST_PLAYERS = 5
"""Players of an instrument: "different music pieces are played by 1 to 5 persons" (Hao et al.)."""


def synthesize(
    folder: Path,
    *,
    songs: int,
    seconds: float,
    seed: int,
    step_ms: int = CHUNK_MS,
    size: tuple[int, int] = (256, 144),
    difficulty: Difficulty | None = None,
) -> None:
    """Write `img/`, `chunk/`, `truth.csv`, `notes.csv`, last `contents.csv`.

    `truth.csv` has a row a pair: `clip, song, player, split, start_s` (of the chunk in its song),
    `pitch_hz` (at its start, with vibrato, 0 in a rest), `loudness` (0 to 1, at its start),
    `mean_loudness` (over the chunk), `bow` (where the bow touches the string, 0 frog to 1 tip,
    empty for winds) and `held_hz` (pitch without vibrato where one note fills the whole chunk,
    otherwise empty). `notes.csv` has a row a note: `song, onset_s, length_s, midi, level`.

    Args, beside those of all generators (`writing`):
        songs: Songs of each of the thirteen instruments, 2 to 99.
        seconds: Length of a song, at least 1.
        step_ms: From the start of a chunk to the next one's, a multiple of 100; 500 leaves no
            overlap, 100 is the release's.
        size: Width and height of the pictures in px; the release's are 1920 x 1080.
    """
    if step_ms < STEP_MS or step_ms % STEP_MS:
        raise InputError(
            f"{step_ms} is no step between chunks",
            field="step_ms",
            hint=f"Use a multiple of {STEP_MS}",
        )
    folder = begin(folder, songs=(songs, 2, 99), seconds=(seconds, 1, np.inf))
    difficulty = difficulty or Difficulty()
    first_held_out = songs - max(1, round(VALIDATION_SHARE * songs))
    plan = [(name, song) for name in INSTRUMENTS for song in range(songs)]
    files: list[Path] = []
    truths, notes = [], []
    for name, song in progress(plan, title="playing", unit="song"):
        split = "train" if song < first_held_out else "validation"
        generator = np.random.default_rng([seed, song, *name.encode()])
        performance = perform(generator, name, draw_harmony(generator), seconds)
        samples = sound(generator, name, performance, difficulty)
        player = song % _players(seed, name)
        session = np.random.default_rng([seed, player, *name.encode(), 1])
        stage = Stage(session, [name], size, difficulty)
        truth = _truth(name, song, player, split, performance, step_ms)
        moments = moments_of(name, performance, truth["start_s"].to_numpy())
        for clip, start_s, moment in zip(truth["clip"], truth["start_s"], moments, strict=True):
            picture = folder / "img" / split / name / f"{clip}.jpg"
            with atomic_path(picture) as temporary:
                temporary.write_bytes(jpeg(stage.picture(generator, [moment])))
            chunk = folder / "chunk" / split / name / f"{clip}.wav"
            first = round(start_s * 1000) * RATE_HZ // 1000
            half_second = samples[first : first + CHUNK_MS * RATE_HZ // 1000]
            files += [picture, write_wav(chunk, half_second, RATE_HZ, channels=2)]
        truths.append(truth)
        notes.append(pd.DataFrame([vars(note) for note in performance.notes]))
        notes[-1].insert(0, "song", f"{name}{song:02d}")
    files.append(write_table(folder / "truth.csv", pd.concat(truths)))
    files.append(write_table(folder / "notes.csv", pd.concat(notes)))
    write_contents(folder, files)


def _players(seed: int, name: str) -> int:
    """Draw how many people play an instrument."""
    return 1 + int(np.random.default_rng([seed, *name.encode(), 2]).integers(MOST_PLAYERS))


def _truth(
    name: str, song: int, player: int, split: str, performance: Performance, step_ms: int
) -> pd.DataFrame:
    """Describe the chunks of a song; the number in a clip's name is its end in ms."""
    ends = np.arange(CHUNK_MS, round(performance.seconds * 1000) + 1, step_ms)
    start_s = (ends - CHUNK_MS) / 1000
    within = start_s[:, None] + np.arange(50) / 50 * CHUNK_MS / 1000
    note = performance.note_at(within)
    held = (note == note[:, :1]).all(axis=1) & (note[:, 0] >= 0)
    middle_hz = 440 * 2 ** ((performance.midi(start_s) - 69) / 12)
    return pd.DataFrame(
        {
            "clip": [f"{name}{song:02d}_{ms}" for ms in ends],
            "song": f"{name}{song:02d}",
            "player": player,
            "split": split,
            "start_s": start_s,
            "pitch_hz": performance.pitch_hz(start_s),
            "loudness": performance.loudness(start_s),
            "mean_loudness": performance.loudness(within).mean(axis=1),
            "bow": performance.bow(start_s) if INSTRUMENTS[name].bowed else np.nan,
            "held_hz": np.where(held, middle_hz, np.nan),
        }
    )
