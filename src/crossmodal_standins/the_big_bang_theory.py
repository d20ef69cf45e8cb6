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

import numpy as np
import pandas as pd
import soundfile

from crossmodal.corpora.contents import write_contents
from crossmodal.files import atomic_path
from crossmodal.progress import progress
from crossmodal_standins.camera import SIZE, Seen, film
from crossmodal_standins.canvas import Picture
from crossmodal_standins.people import CLOTHES, Person, draw_person
from crossmodal_standins.rooms import draw_room
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
from crossmodal_standins.writing import begin, write_jpeg, write_table

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
    folder = begin(folder, episodes=(episodes, 1, np.inf), scenes=(scenes, 3, np.inf))
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
    files.append(write_table(folder / "truth.csv", pd.concat(turns)))
    files.append(write_table(folder / "truth_faces.csv", pd.concat(faces)))
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


class _Episode:
    """Writes one episode and what is cut from it; keeps the rows of its truth."""

    def __init__(
        self, folder: Path, name: str, generator: np.random.Generator, cast: tuple[Person, ...]
    ) -> None:
        self._folder, self._name, self._generator, self._cast = folder, name, generator, cast
        self._extras = 0
        self.files: list[Path] = []
        self.turns = pd.DataFrame()
        self.faces = pd.DataFrame()

    def write(self, scenes: int, difficulty: Difficulty) -> None:
        """Write the episode, its speaker track, faces and voices."""
        generator = self._generator
        written = write_scenes(generator, self._cast, self._extra, scenes, TURNS, difficulty)
        sound = mix(generator, written, difficulty)
        shots = plan_shots(generator, written, difficulty)
        video = self._folder / "episodes" / f"{self._name}.mp4"
        frames = self._frames(shots, written, difficulty)
        write_mp4(video, frames, FPS, sound, RATE_HZ, quality=QUALITY)
        self.turns = _turn_table(self._name, written, shots)
        track = self.turns[["start_s", "end_s", "person"]]
        self.files += [video, write_table(video.with_suffix(".csv"), track)]
        self._write_voices(sound)

    def _extra(self) -> Person:
        """Draw somebody new."""
        self._extras += 1
        return draw_person(self._generator, f"{OTHERS} {self._extras}")

    def _frames(
        self, shots: list[Shot], scenes: list[Scene], difficulty: Difficulty
    ) -> Iterator[Picture]:
        """Film the shots one by one; on the way write faces and note where they are."""
        generator = self._generator
        kinds = sorted({scene.room for scene in scenes})
        rooms = {kind: draw_room(generator, kind) for kind in kinds}
        names = sorted({person.name for scene in scenes for person in scene.people})
        colours = generator.integers(0, len(CLOTHES), len(names))
        clothes = {name: CLOTHES[index] for name, index in zip(names, colours, strict=True)}
        rows = []
        for number, shot in enumerate(shots):
            taken = film(generator, shot, rooms[shot.scene.room], clothes, difficulty)
            for frame, (picture, seen) in enumerate(taken, start=shot.first):
                if frame % EVERY_FRAMES["truth"] == 0:
                    rows += [
                        (frame, number, label(one.person), *one.box, one.mouth) for one in seen
                    ]
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
            face = _square(picture, one.box)
            self.files.append(write_jpeg(path / f"{frame:06d}_{number}.jpg", face))

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
