"""Stand-in of VoxCeleb1: invented celebrities, their interviews in sound and face tracks.

As in the published corpus the numbers of the face tracks are not those of the utterances, and the
published split has every person in training, validation and test set. `truth.csv` has a row a
person: `person, register, size, age, fullness, pitch_hz, formants`: the attributes that face and
voice share, and what the voice makes of them (see `people`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.corpora.contents import write_contents
from crossmodal.progress import progress
from crossmodal_standins import voices, writing
from crossmodal_standins.canvas import photograph
from crossmodal_standins.heads import Look, Place, draw_bust
from crossmodal_standins.people import CLOTHES, COUPLING, Person, draw_people
from crossmodal_standins.rooms import any_room, backdrop
from crossmodal_standins.voices import RATE_HZ, Wave, say
from crossmodal_standins.words import NAMES, line
from crossmodal_standins.writing import Checked, share

WAV_RATE_HZ = 16_000
SHORTEST_S = 4.0
"""Utterances are sentences in a row up to this length, as in the published corpus."""

FACE_PX = 224
_SIDES = (FACE_PX, FACE_PX)
FACES_A_TRACK = 5
TRACKS_A_VIDEO = 2

HEADER = "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet"
_NATIONS = ("USA", "UK", "Canada", "Australia", "India", "Ireland", "Norway", "Mexico")
_IDENTIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True)
class Difficulty(Checked):
    """How hard it is to know people again; set by hand before anything was trained."""

    coupling: float = share(COUPLING)  # correlation of an attribute as seen and as heard
    mood: float = 0.08  # standard deviation of the pitch from video to video, octaves
    decay_s: tuple[float, float] = (0.1, 0.5)  # least and most reverberation of a video
    noise_db: tuple[float, float] = (-52.0, -34.0)  # of a video, relative to full scale
    yaw_deg: float = 16.0  # largest turns of a head
    pitch_deg: float = 6.0
    roll_deg: float = 6.0
    exposure: float = share(0.2)  # largest change of a video's brightness, of 1
    grain: float = 4.0  # standard deviation of the camera's noise, grey levels of 255
    blur_px: float = 1.6  # largest standard deviation of the blur
    shift: float = share(0.05)  # largest misplacement of a crop, of its side


DIFFICULTY = Difficulty()


def synthesize(
    folder: Path,
    *,
    people: int,
    videos: int,
    utterances: int,
    seed: int,
    difficulty: Difficulty = DIFFICULTY,
) -> None:
    """Write the stand-in in the layout `crossmodal.corpora.voxceleb1` reads.

    Of each person the last video is the test set, the one before it validation, the others are
    for training. Faces are 224x224 px, a crop of 1.6 times the face.

    Args, beside those of all generators (`writing`):
        people: How many, from 2 to 480.
        videos: Of each of them, at least 3.
        utterances: In each video, at least 1, four to six seconds each.
    """
    most = len(NAMES["low"]) * len(NAMES["last"])
    folder = writing.begin(folder, people=(people, 2, most), videos=(videos, 3, np.inf))
    folder = writing.begin(folder, utterances=(utterances, 1, np.inf))
    crowd = draw_people(np.random.default_rng([seed, 0]), people, difficulty.coupling)
    files: list[Path] = []
    phases: list[str] = []
    shown = progress(crowd, title="recording", unit="person")
    for number, person in enumerate(shown, start=1):
        identity = f"id{10000 + number}"
        for index in range(videos):
            generator = np.random.default_rng([seed, 1, number, index])
            name = _video_name(generator)
            phase = {videos - 1: 3, videos - 2: 2}.get(index, 1)
            wavs = folder / "wav" / identity / name
            sounds = _write_sounds(wavs, generator, person, utterances, difficulty)
            phases += [f"{phase} {path.relative_to(folder / 'wav').as_posix()}" for path in sounds]
            pictures = folder / "unzippedFaces" / person.name / "1.6" / name
            files += [*sounds, *_write_faces(pictures, generator, person, difficulty)]
    files.append(writing.write_lines(folder / "iden_split.txt", phases))
    files.append(writing.write_lines(folder / "vox1_meta.csv", [HEADER, *_meta(crowd, seed)]))
    truth = pd.DataFrame([asdict(person) | asdict(person.voice) for person in crowd])
    truth["person"] = [f"id{10001 + place}" for place in range(people)]
    truth = truth[["person", "register", "size", "age", "fullness", "pitch_hz", "formants"]]
    files.append(writing.write_table(folder / "truth.csv", truth))
    write_contents(folder, files)


def _write_sounds(
    folder: Path,
    generator: np.random.Generator,
    person: Person,
    utterances: int,
    difficulty: Difficulty,
) -> list[Path]:
    """Write the utterances of a video: one mood, one room, one level of noise."""
    mood = 2 ** (difficulty.mood * float(generator.standard_normal()))
    voice = replace(person.voice, pitch_hz=person.voice.pitch_hz * mood)
    decay_s = float(generator.uniform(*difficulty.decay_s))
    noise_db = float(generator.uniform(*difficulty.noise_db))
    room_seed = int(generator.integers(2**32))
    paths = []
    for number in range(1, utterances + 1):
        parts: list[Wave] = []
        while sum(map(len, parts)) < SHORTEST_S * RATE_HZ:
            silence = np.zeros(round(generator.uniform(0.1, 0.3) * RATE_HZ), np.float32)
            parts += [voices.as_wave(say(line(generator), voice)), silence]
        sound = voices.in_room(
            np.concatenate(parts), np.random.default_rng(room_seed), RATE_HZ, decay_s
        )
        sound = voices.with_noise(voices.resampled(sound, 320, 441), generator, noise_db)
        path = folder / f"{number:05d}.wav"
        paths.append(writing.write_wav(path, voices.as_int16(0.8 * sound), WAV_RATE_HZ))
    return paths


def _write_faces(
    folder: Path, generator: np.random.Generator, person: Person, difficulty: Difficulty
) -> list[Path]:
    """Write the face tracks of a video: one room, one set of clothes, one light."""
    scenery = backdrop(any_room(generator), generator.uniform(0.2, 0.8), 2.6, _SIDES, 3.0)
    clothes = CLOTHES[generator.integers(len(CLOTHES))]
    light = float(generator.uniform(-1, 1))
    exposure = 1 + difficulty.exposure * float(generator.uniform(-1, 1))
    paths = []
    for track in range(TRACKS_A_VIDEO):
        for frame in range(FACES_A_TRACK):
            picture = scenery.copy()
            draw_bust(picture, person.face, *_moment(generator, light, difficulty), clothes)
            blur, grain = generator.uniform(0, difficulty.blur_px), difficulty.grain
            photo = photograph(picture, generator, light=exposure, blur_px=blur, noise=grain)
            paths.append(
                writing.write_jpeg(folder / f"{track:07d}" / f"{25 * frame:07d}.jpg", photo)
            )
    return paths


def _moment(
    generator: np.random.Generator, light: float, difficulty: Difficulty
) -> tuple[Look, Place]:
    """Draw how a head is seen in one frame."""
    look = Look(
        yaw_deg=difficulty.yaw_deg * float(generator.uniform(-1, 1)),
        pitch_deg=difficulty.pitch_deg * float(generator.uniform(-0.6, 1)),
        mouth=max(0.0, float(generator.uniform(-0.4, 1))),
        blink=float(generator.random() < 0.05),
        smile=float(generator.uniform(-0.6, 1)),
        light=light,
    )
    x, y, size = generator.uniform(-1, 1, 3) * difficulty.shift
    unit_px = FACE_PX / 1.6 / 1.62 * (1 + size)
    roll_deg = difficulty.roll_deg * float(generator.uniform(-1, 1))
    return look, Place(FACE_PX * (0.5 + x), FACE_PX * (0.45 + y), unit_px, roll_deg)


def _video_name(generator: np.random.Generator) -> str:
    """Return a name of eleven characters; none begins with a sign that shells take for options."""
    indices = generator.integers(0, len(_IDENTIFIERS), 11)
    return "v" + "".join(_IDENTIFIERS[index] for index in indices[1:])


def _meta(crowd: list[Person], seed: int) -> list[str]:
    """Return the lines of `vox1_meta.csv`; the published set is "dev" or "test"."""
    generator = np.random.default_rng([seed, 2])
    return [
        f"id{10000 + number}\t{person.name}\t{'m' if person.register == 'low' else 'f'}\t"
        f"{_NATIONS[generator.integers(len(_NATIONS))]}\t"
        f"{'test' if number % 31 == 0 else 'dev'}"
        for number, person in enumerate(crowd, start=1)
    ]
