"""Stand-in of The Big Bang Theory: invented episodes with five characters of the same names.

The people are drawn and owe nothing to the actors; what they say is made up. Beside the published
layouts (episodes with speaker tracks, and released faces and voices cut from them) there are

- `truth.csv`, a row a turn: `episode, scene, room, start_s, end_s, person, text, on_screen`, the
  last being the share of the turn in which the speaker is in the picture;
- `truth_faces.csv`, a row a face in every fifth frame: `episode, frame, time_s, shot, person, x, y,
  width, height, mouth`: the box from hairline to chin in px, the mouth from 0 closed to 1 open.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import soundfile

from crossmodal.corpora.contents import write_contents
from crossmodal.errors import InputError
from crossmodal.files import atomic_path
from crossmodal.progress import progress
from crossmodal_standins.camera import SIZE, Seen, film, furnish
from crossmodal_standins.drawing import encode_jpeg
from crossmodal_standins.people import CLOTHES, Person, draw_person
from crossmodal_standins.rooms import Picture
from crossmodal_standins.screenplay import (
    FPS,
    Difficulty,
    Scene,
    Shot,
    mix,
    plan_shots,
    write_scenes,
)
from crossmodal_standins.video import write_mp4
from crossmodal_standins.voices import RATE_HZ, Sound

PEOPLE = ("Sheldon", "Leonard", "Howard", "Raj", "Penny")
OTHERS = "other"
DIFFICULTY = Difficulty()
QUALITY = 25
"""Of the videos, as in `write_mp4`."""

TURNS = (4, 8)
"""Fewest turns in a scene, and one more than the most; a scene lasts about 16 s."""

EVERY_FRAMES = {"truth": 5, "face-images": 10}
"""A row of truth and a released face image every so many frames."""


def synthesize(
    folder: Path,
    *,
    episodes: int,
    scenes: int,
    seed: int,
    difficulty: Difficulty = DIFFICULTY,
) -> None:
    """Write the stand-in.

    - `episodes/sXXeYY.mp4`: 320x180 px, 25 frames a second, H.264 and AAC of 22,050 Hz; and
      `episodes/sXXeYY.csv`, its speaker track: `start_s,end_s,person`.
    - `face-images/sXXeYY/<person>/<frame>_<number>.jpg`: square crops around faces.
    - `speaking-audio/sXXeYY/<person>_01.wav`: all that a person says in the episode, merged, cut
      from its sound; 22,050 Hz, 16 bits.

    Args:
        folder: Where to write; files of the same names are replaced.
        episodes: How many; ten make a season.
        scenes: In each of them, at least 3, so that all five characters speak.
        seed: The same seed gives the same bytes, whatever the number of threads.
        difficulty: How hard it is to see and hear who speaks.

    Raises:
        InputError: Too few episodes or scenes are asked for.
    """
    for field, value, least in (("episodes", episodes, 1), ("scenes", scenes, 3)):
        if value < least:
            raise InputError(
                f"{value} {field} are too few", field=field, hint=f"Ask for at least {least}"
            )
    folder = Path(folder)
    (folder / "contents.csv").unlink(missing_ok=True)
    cast = draw_cast(np.random.default_rng([seed, 0]))
    files: list[Path] = []
    turns, faces = [], []
    for number in progress(range(episodes), title="filming", unit="episode"):
        name = f"s{number // 10 + 1:02d}e{number % 10 + 1:02d}"
        episode = _Episode(folder, name, np.random.default_rng([seed, 1, number]), cast)
        episode.write(scenes, difficulty)
        files += episode.files
        turns.append(episode.turns)
        faces.append(episode.faces)
    for table, path in (
        (pd.concat(turns), folder / "truth.csv"),
        (pd.concat(faces), folder / "truth_faces.csv"),
    ):
        files.append(_write_table(path, table))
    write_contents(folder, files)


def draw_cast(generator: np.random.Generator) -> tuple[Person, ...]:
    """Draw the five: four of the low register, one of the high; sizes, ages and hair differ."""
    sizes, ages = (generator.permutation((-1.4, -0.5, 0.5, 1.4)) for _ in range(2))
    cast: list[Person] = []
    for index, name in enumerate(PEOPLE):
        last = index == len(sizes)
        person = None
        while person is None or person.face.style in {other.face.style for other in cast}:
            person = draw_person(
                generator,
                name,
                register="high" if last else "low",
                size=0.0 if last else float(sizes[index]),
                age=-0.8 if last else float(ages[index]) - 0.4,
            )
        cast.append(person)
    return tuple(cast)


class _Episode:
    """Writes one episode and what is cut from it; keeps the rows of its truth."""

    def __init__(
        self, folder: Path, name: str, generator: np.random.Generator, cast: tuple[Person, ...]
    ) -> None:
        self._folder, self._name, self._generator, self._cast = folder, name, generator, cast
        self.files: list[Path] = []
        self.turns = pd.DataFrame()
        self.faces = pd.DataFrame()

    def write(self, scenes: int, difficulty: Difficulty) -> None:
        """Write the episode, its speaker track, faces and voices."""
        generator = self._generator
        written = write_scenes(generator, self._cast, self._extras(), scenes, TURNS, difficulty)
        sound = mix(generator, written, difficulty)
        shots = plan_shots(generator, written, difficulty)
        video = self._folder / "episodes" / f"{self._name}.mp4"
        frames = self._frames(shots, written, difficulty)
        write_mp4(video, frames, FPS, sound, RATE_HZ, quality=QUALITY)
        self.turns = _turn_table(self._name, written, shots)
        track = self.turns[["start_s", "end_s", "person"]]
        self.files += [video, _write_table(video.with_suffix(".csv"), track)]
        self._write_voices(sound)

    def _extras(self) -> Iterator[Person]:
        """Draw somebody new whenever one is needed."""
        number = 0
        while True:
            number += 1
            yield draw_person(self._generator, f"{OTHERS} {number}")

    def _frames(
        self, shots: list[Shot], scenes: list[Scene], difficulty: Difficulty
    ) -> Iterator[Picture]:
        """Film the shots one by one; on the way write faces and note where they are."""
        generator = self._generator
        rooms = furnish(generator, {scene.room for scene in scenes})
        names = sorted({person.name for scene in scenes for person in scene.people})
        colours = generator.integers(0, len(CLOTHES), len(names))
        clothes = {name: CLOTHES[index] for name, index in zip(names, colours, strict=True)}
        rows = []
        for number, shot in enumerate(shots):
            taken = film(generator, shot, rooms[shot.scene.room], clothes, difficulty)
            for frame, (picture, seen) in enumerate(taken, start=shot.first):
                if frame % EVERY_FRAMES["truth"] == 0:
                    rows += [(frame, number, *_face_row(one)) for one in seen]
                if frame % EVERY_FRAMES["face-images"] == 0:
                    self._write_faces(picture, frame, seen)
                yield picture
        columns = ["frame", "shot", "person", "x", "y", "width", "height", "mouth"]
        table = pd.DataFrame(rows, columns=columns)
        table.insert(0, "episode", self._name)
        table.insert(2, "time_s", table["frame"] / FPS)
        self.faces = table

    def _write_faces(self, picture: Picture, frame: int, seen: list[Seen]) -> None:
        for number, one in enumerate(seen, start=1):
            path = self._folder / "face-images" / self._name / label(one.person)
            path = path / f"{frame:06d}_{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            face = cv2.cvtColor(_square(picture, one.box), cv2.COLOR_RGB2BGR)
            path.write_bytes(encode_jpeg(np.asarray(face, dtype=np.uint8)))
            self.files.append(path)

    def _write_voices(self, sound: Sound) -> None:
        for person, turns in self.turns.groupby("person"):
            pieces = [
                sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
                for start_s, end_s in zip(turns["start_s"], turns["end_s"], strict=True)
            ]
            path = self._folder / "speaking-audio" / self._name / f"{person}_01.wav"
            with atomic_path(path) as temporary:
                soundfile.write(temporary, np.concatenate(pieces), RATE_HZ, subtype="PCM_16")
            self.files.append(path)


def label(person: Person) -> str:
    """Return what a person is called in the corpus: the name, or "other"."""
    return person.name if person.name in PEOPLE else OTHERS


def _turn_table(name: str, scenes: list[Scene], shots: list[Shot]) -> pd.DataFrame:
    rows = []
    for number, scene in enumerate(scenes):
        mine = [shot for shot in shots if shot.scene is scene]
        for turn in scene.turns:
            shown_s = sum(
                max(0.0, min(turn.end_s, shot.beyond / FPS) - max(turn.start_s, shot.first / FPS))
                for shot in mine
                if turn.person in shot.people
            )
            share = shown_s / (turn.end_s - turn.start_s)
            who = label(turn.person)
            rows.append((number, scene.room, turn.start_s, turn.end_s, who, turn.text, share))
    columns = ["scene", "room", "start_s", "end_s", "person", "text", "on_screen"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(0, "episode", name)
    return table


def _face_row(seen: Seen) -> tuple[Any, ...]:
    return label(seen.person), *seen.box, seen.mouth


def _square(picture: Picture, box: tuple[float, float, float, float]) -> Picture:
    """Cut a square around a face; beyond the picture its edge pixels go on."""
    x, y, width, height = box
    side = round(1.15 * max(width, height))
    centre = (x + width / 2, y + height / 2)
    columns, rows = (
        np.clip(np.arange(side) + round(middle - side / 2), 0, limit - 1)
        for middle, limit in zip(centre, SIZE, strict=True)
    )
    return picture[rows[:, None], columns]


def _write_table(path: Path, table: pd.DataFrame) -> Path:
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6f", lineterminator="\n")
    return path
