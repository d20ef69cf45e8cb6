"""Stand-in of The Big Bang Theory: invented episodes with five characters of the same names.

The people are drawn and owe nothing to the actors; what they say is made up. Beside the published
layouts (episodes with speaker tracks, and released faces and voices cut from them) there are

- `truth.csv`, a row a turn: `episode, scene, room, start_s, end_s, person, text, on_screen`, the
  last being the share of the turn in which the speaker is in the picture;
- `truth_faces.csv`, a row a face in every fifth frame: `episode, frame, time_s, shot, person, x, y,
  width, height, mouth`: the box from hairline to chin in px, the mouth from 0 closed to 1 open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.corpora.contents import write_contents
from crossmodal.progress import progress
from crossmodal_standins.camera import SIZE, film
from crossmodal_standins.canvas import Picture
from crossmodal_standins.people import CLOTHES, Person, draw_person
from crossmodal_standins.rooms import draw_room
from crossmodal_standins.screenplay import FPS, Difficulty, Scene, Shot, mix, shoot, write_scenes
from crossmodal_standins.video import write_mp4
from crossmodal_standins.voices import RATE_HZ
from crossmodal_standins.writing import begin, write_jpeg, write_table, write_wav

PEOPLE = ("Sheldon", "Leonard", "Howard", "Raj", "Penny")
OTHERS = "other"
DIFFICULTY = Difficulty()
QUALITY = 25
"""Of the videos, as in `write_mp4`."""
TURNS = (4, 8)
"""Fewest turns in a scene, and one more than the most; a scene lasts about 16 s."""
EVERY_FRAMES = {"truth": 5, "face-images": 10}
"""A row of truth and a released face image every so many frames."""

_TURN = ["episode", "scene", "room", "start_s", "end_s", "person", "text", "on_screen"]
_FACE = ["episode", "frame", "time_s", "shot", "person", "x", "y", "width", "height", "mouth"]


def synthesize(
    folder: Path, *, episodes: int, scenes: int, seed: int, difficulty: Difficulty = DIFFICULTY
) -> None:
    """Write the stand-in.

    - `episodes/sXXeYY.mp4`: 320x180 px, 25 frames a second, H.264 and AAC of 22,050 Hz; and
      `episodes/sXXeYY.csv`, its speaker track: `start_s,end_s,person`.
    - `face-images/sXXeYY/<person>/<frame>_<number>.jpg`: square crops around faces.
    - `speaking-audio/sXXeYY/<person>_01.wav`: all that a person says in the episode, merged, cut
      from its sound; 22,050 Hz, 16 bits.

    At least 1 episode, ten make a season, of at least 3 scenes, so that all five speak. The other
    arguments, and what is raised, are those of all generators (`writing`).
    """
    folder = begin(folder, episodes=(episodes, 1, np.inf), scenes=(scenes, 3, np.inf))
    cast = draw_cast(np.random.default_rng([seed, 0]))
    done = [
        _Episode(folder, number, np.random.default_rng([seed, 1, number]), cast)
        for number in range(episodes)
    ]
    for episode in progress(done, title="filming", unit="episode"):
        episode.write(scenes, difficulty)
    files = [path for episode in done for path in episode.files]
    for name, rows in (("truth", _TURN), ("truth_faces", _FACE)):
        tables = [pd.DataFrame(getattr(episode, name), columns=rows) for episode in done]
        files.append(write_table(folder / f"{name}.csv", pd.concat(tables)))
    write_contents(folder, files)


def draw_cast(generator: np.random.Generator) -> tuple[Person, ...]:
    """Draw the five: four of the low register, one of the high; sizes, ages and looks differ."""
    sizes, ages = (generator.permutation((-1.4, -0.5, 0.5, 1.4)) for _ in range(2))
    cast: list[Person] = []
    for index, name in enumerate(PEOPLE):
        low = index < len(sizes)
        register, size, age = ("low", sizes[index], ages[index] - 0.4) if low else ("high", 0, -0.8)
        person = None
        while person is None or look_of(person) in map(look_of, cast):
            person = draw_person(generator, name, register=register, size=size, age=age)
        cast.append(person)
    return tuple(cast)


def look_of(person: Person) -> tuple[str, str, bool]:
    """Return what tells people apart at a glance."""
    return person.face.style, person.face.beard, person.face.glasses


def label(person: Person) -> str:
    """Return what a person is called in the corpus: the name, or "other"."""
    return person.name if person.name in PEOPLE else OTHERS


class _Episode:
    """Writes one episode and what is cut from it; keeps its files and the rows of its truth."""

    def __init__(
        self, folder: Path, number: int, generator: np.random.Generator, cast: Sequence[Person]
    ) -> None:
        self._folder, self._generator, self._cast = folder, generator, cast
        self._name = f"s{number // 10 + 1:02d}e{number % 10 + 1:02d}"
        self._extras = count(1)
        self.files: list[Path] = []
        self.truth: list[tuple[Any, ...]] = []
        self.truth_faces: list[tuple[Any, ...]] = []

    def write(self, scenes: int, difficulty: Difficulty) -> None:
        """Write the episode, its speaker track, faces and voices."""
        generator = self._generator
        written = write_scenes(generator, self._cast, self._extra, scenes, TURNS, difficulty)
        sound = mix(generator, written, difficulty)
        shots = shoot(generator, written, difficulty)
        video = self._folder / "episodes" / f"{self._name}.mp4"
        frames = self._frames(shots, written, difficulty)
        write_mp4(video, frames, FPS, sound, RATE_HZ, quality=QUALITY)
        self._note_turns(written, shots)
        turns = pd.DataFrame(self.truth, columns=_TURN)[["start_s", "end_s", "person"]]
        self.files += [video, write_table(video.with_suffix(".csv"), turns)]
        for person, own in turns.groupby("person"):
            spoken = (own[["start_s", "end_s"]].to_numpy() * RATE_HZ).round().astype(int)
            merged = np.concatenate([sound[first:last] for first, last in spoken])
            path = self._folder / "speaking-audio" / self._name / f"{person}_01.wav"
            self.files.append(write_wav(path, merged, RATE_HZ))

    def _extra(self) -> Person:
        """Draw somebody new."""
        return draw_person(self._generator, f"{OTHERS} {next(self._extras)}")

    def _frames(
        self, shots: list[Shot], scenes: list[Scene], difficulty: Difficulty
    ) -> Iterator[Picture]:
        """Film the shots one by one; on the way write faces and note where they are."""
        generator = self._generator
        kinds = sorted({scene.room for scene in scenes})
        rooms = {kind: draw_room(generator, kind) for kind in kinds}
        names = sorted({person.name for scene in scenes for person in scene.people})
        clothes = {name: CLOTHES[generator.integers(len(CLOTHES))] for name in names}
        for number, shot in enumerate(shots):
            taken = film(generator, shot, rooms[shot.scene.room], clothes, difficulty)
            for frame, (picture, seen) in enumerate(taken, start=shot.first):
                for place, one in enumerate(seen, start=1):
                    who = label(one.person)
                    if frame % EVERY_FRAMES["truth"] == 0:
                        row = (self._name, frame, frame / FPS, number, who, *one.box, one.mouth)
                        self.truth_faces.append(row)
                    if frame % EVERY_FRAMES["face-images"] == 0:
                        path = self._folder / "face-images" / self._name / who
                        face = _square(picture, one.box)
                        self.files.append(write_jpeg(path / f"{frame:06d}_{place}.jpg", face))
                yield picture

    def _note_turns(self, scenes: list[Scene], shots: list[Shot]) -> None:
        for number, scene in enumerate(scenes):
            for turn in scene.turns:
                mine = [one for one in shots if one.scene is scene and turn.person in one.people]
                spans = np.array([(one.first, one.beyond) for one in mine]).reshape(-1, 2) / FPS
                shown_s = np.diff(np.clip(spans, turn.start_s, turn.end_s)).sum()
                share = shown_s / (turn.end_s - turn.start_s)
                row = (number, scene.room, turn.start_s, turn.end_s, label(turn.person))
                self.truth.append((self._name, *row, turn.text, share))


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
