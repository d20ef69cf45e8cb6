"""Stand-in of Sub-URMP: drawn players and synthesised instruments, half a second a pair.

A song is one melody by one player. As in the published corpus all players sit in one studio, before
a blue curtain, and an instrument has one to five of them, each with the same clothes, seat and
camera in all of his or her songs; melody, timbre and reverberation differ from song to song. Bow,
cheeks, slide, valves and fingers in a picture are those of the sound that starts with it.
Differences from the published corpus: songs have equal lengths, and a picture is small by default.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.corpora.contents import write_contents
from crossmodal.corpora.sub_urmp import CHUNK_MS, STEP_MS
from crossmodal.errors import InputError
from crossmodal.files import atomic_path
from crossmodal.progress import progress
from crossmodal_standins.instruments import (
    INSTRUMENTS,
    RATE_HZ,
    Difficulty,
    perform,
    sound,
)
from crossmodal_standins.music import Performance, draw_harmony
from crossmodal_standins.photographs import jpeg
from crossmodal_standins.stages import CURTAINS, Stage, moments_of

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

    Args:
        folder: Where to write; files of the same names are replaced.
        songs: Songs of each of the thirteen instruments, 2 to 99.
        seconds: Length of a song, at least 1.
        seed: The same seed gives the same bytes; a song does not depend on how many there are.
        step_ms: From the start of a chunk to the next one's, a multiple of 100; 500 leaves no
            overlap, 100 is the release's.
        size: Width and height of the pictures in px; the release's are 1920 x 1080.
        difficulty: None takes the default one.

    Raises:
        InputError: The numbers are out of range.
    """
    if not 2 <= songs <= 99 or seconds < 1:
        raise InputError(
            f"{songs} songs of {seconds} s an instrument are out of range",
            field="songs, seconds",
            hint="Ask for 2 to 99 songs of at least 1 s",
        )
    if step_ms < STEP_MS or step_ms % STEP_MS:
        raise InputError(
            f"{step_ms} is no step between chunks",
            field="step_ms",
            hint=f"Use a multiple of {STEP_MS}",
        )
    folder, difficulty = Path(folder), difficulty or Difficulty()
    (folder / "contents.csv").unlink(missing_ok=True)
    first_held_out = songs - max(1, round(VALIDATION_SHARE * songs))
    plan = [(name, song) for name in INSTRUMENTS for song in range(songs)]
    files: list[Path] = []
    truths, notes = [], []
    for name, song in progress(plan, title="playing", unit="song"):
        split = "train" if song < first_held_out else "validation"
        generator = np.random.default_rng([seed, song, *name.encode()])
        harmony = draw_harmony(generator)
        performance = perform(generator, name, harmony, seconds)
        samples = sound(generator, name, performance, difficulty)
        player = song % _players(seed, name)
        session = np.random.default_rng([seed, player, *name.encode(), 1])
        stage = Stage(session, [name], size, difficulty, curtain=CURTAINS[0])
        truth = _truth(name, song, player, split, performance, step_ms)
        for clip, ms, moment in zip(
            truth["clip"],
            truth["ms"],
            moments_of(name, performance, truth["start_s"].to_numpy(), harmony.beat_s),
            strict=True,
        ):
            picture = folder / "img" / split / name / f"{clip}.jpg"
            with atomic_path(picture) as temporary:
                temporary.write_bytes(jpeg(stage.picture(generator, [moment])))
            chunk = folder / "chunk" / split / name / f"{clip}.wav"
            first = (ms - CHUNK_MS) * RATE_HZ // 1000
            write_stereo(chunk, samples[first : first + CHUNK_MS * RATE_HZ // 1000])
            files += [picture, chunk]
        truths.append(truth.drop(columns="ms"))
        notes.append(_notes(name, song, performance))
    files += [
        _write_table(folder / "truth.csv", truths),
        _write_table(folder / "notes.csv", notes),
    ]
    write_contents(folder, files)


def _players(seed: int, name: str) -> int:
    """Draw how many people play an instrument."""
    return 1 + int(np.random.default_rng([seed, *name.encode(), 2]).integers(MOST_PLAYERS))


def write_stereo(path: Path, samples: NDArray[np.int16]) -> None:
    """Write 16-bit samples, [samples] at 44,100 Hz, as stereo WAV with equal channels."""
    with atomic_path(path) as temporary, wave.open(str(temporary), "wb") as stream:
        stream.setnchannels(2)
        stream.setsampwidth(2)
        stream.setframerate(RATE_HZ)
        stream.writeframes(np.repeat(samples.astype("<i2"), 2).tobytes())


def _truth(
    name: str, song: int, player: int, split: str, performance: Performance, step_ms: int
) -> pd.DataFrame:
    """Describe the chunks of a song; `ms` is the number in the file's name, the chunk's end."""
    ends = np.arange(CHUNK_MS, round(performance.seconds * 1000) + 1, step_ms)
    start_s = (ends - CHUNK_MS) / 1000
    within = start_s[:, None] + np.arange(50) / 50 * CHUNK_MS / 1000
    note = performance.note_at(within)
    held = (note == note[:, :1]).all(axis=1) & (note[:, 0] >= 0)
    middle_hz = 440 * 2 ** ((performance.midi(start_s) - 69) / 12)
    bowed = INSTRUMENTS[name].bowed
    return pd.DataFrame(
        {
            "clip": [f"{name}{song:02d}_{ms}" for ms in ends],
            "ms": ends,
            "song": f"{name}{song:02d}",
            "player": player,
            "split": split,
            "start_s": start_s,
            "pitch_hz": performance.pitch_hz(start_s),
            "loudness": performance.loudness(start_s),
            "mean_loudness": performance.loudness(within).mean(axis=1),
            "bow": performance.bow(start_s) if bowed else np.nan,
            "held_hz": np.where(held, middle_hz, np.nan),
        }
    )


def _notes(name: str, song: int, performance: Performance) -> pd.DataFrame:
    frame = pd.DataFrame([vars(note) for note in performance.notes])
    frame.insert(0, "song", f"{name}{song:02d}")
    return frame


def _write_table(path: Path, parts: list[pd.DataFrame]) -> Path:
    with atomic_path(path) as temporary:
        pd.concat(parts).to_csv(
            temporary, index=False, float_format="%.6f", lineterminator="\n", encoding="utf-8"
        )
    return path
