"""Stand-in of a folder of one's own videos: invented people who talk, and a table of labels.

`<person>/<number>.mp4` shows somebody who says a sentence or two; the label is the register of the
voice, which face and voice share. With `damaged` three more rows name files that no program can
read. What is drawn and said is as in the other stand-ins (`voxceleb1`): it shows that everything
works, not how well it works on people.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.corpora.contents import write_contents
from crossmodal.progress import progress
from crossmodal_standins.canvas import Picture
from crossmodal_standins.heads import Look, Place, draw_bust
from crossmodal_standins.people import COUPLING, Person, draw_people
from crossmodal_standins.rooms import any_room, backdrop
from crossmodal_standins.video import write_mp4
from crossmodal_standins.voices import RATE_HZ, Sound, Wave, as_int16, as_wave, loudness, say
from crossmodal_standins.words import line
from crossmodal_standins.writing import write_table

SIZE_PX = (192, 144)
"""Width, height."""
FRAME_HZ = 15
PAUSE_S = 0.15


def synthesize(
    folder: Path, *, people: int, videos: int, seconds: float, damaged: bool = False, seed: int = 0
) -> None:
    """Write the videos, `labels.csv` and, last, `contents.csv`.

    Args, beside those of all generators (`writing`):
        people: How many people, half of each register.
        videos: Of each of them.
        seconds: Length of a video.
        damaged: Name three damaged files as well.
    """
    generator = np.random.default_rng(seed)
    crowd = draw_people(generator, people, COUPLING)
    rows, paths = [], []
    clips = [(person, number) for person in crowd for number in range(1, videos + 1)]
    for person, number in progress(clips, title="drawing videos", unit="video"):
        path = folder / person.name / f"{number}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        sound = _speech(generator, person, seconds)
        frames = _frames(generator, person, sound)
        write_mp4(path, frames, FRAME_HZ, sound, RATE_HZ)
        paths.append(path)
        rows.append((f"{person.name}/{number}.mp4", person.register, person.name))
    first = paths[0].read_bytes()
    broken = {"cut off": first[: len(first) // 2], "empty": b"", "notes": b"This is no video.\n"}
    for name, content in broken.items() if damaged else ():
        paths.append(folder / f"{name}.mp4")
        paths[-1].write_bytes(content)
        rows.append((paths[-1].name, crowd[0].register, crowd[0].name))
    table = pd.DataFrame(rows, columns=["file", "label", "person"])
    write_contents(folder, [*paths, write_table(folder / "labels.csv", table)])


def _speech(generator: np.random.Generator, person: Person, seconds: float) -> Sound:
    """Return sentences of a person, [samples] at `RATE_HZ`."""
    samples = round(seconds * RATE_HZ)
    pause: Wave = np.zeros(round(PAUSE_S * RATE_HZ), np.float32)
    parts = [pause]
    while sum(map(len, parts)) < samples:
        parts += [as_wave(say(line(generator), person.voice)), pause]
    return as_int16(0.8 * np.concatenate(parts)[:samples])


def _frames(generator: np.random.Generator, person: Person, sound: Sound) -> Iterator[Picture]:
    """Yield the frames [144, 192, 3] of a person whose mouth opens with the sound."""
    width, height = SIZE_PX
    scenery = backdrop(any_room(generator), float(generator.uniform(0.2, 0.8)), 2.6, SIZE_PX, 3.0)
    times_s = (np.arange(round(len(sound) / RATE_HZ * FRAME_HZ)) + 0.5) / FRAME_HZ
    opened = loudness(sound, RATE_HZ, times_s)
    mouths = opened / max(float(opened.max()), 1e-9)
    light, turn = generator.uniform(-1, 1), generator.uniform(-8, 8)
    for time_s, mouth in zip(times_s.tolist(), mouths.tolist(), strict=True):
        picture = scenery.copy()
        look = Look(yaw_deg=turn + 5 * np.sin(time_s), mouth=mouth, light=light)
        place = Place(width / 2 + 4 * np.sin(0.7 * time_s), 0.45 * height, height / 2.6)
        draw_bust(picture, person.face, look, place)
        yield picture
