"""Says in words what a scene shows, speaks it, and what else the corpora of captions share.

Captions of a scene differ in words, in order and in what they leave out; what they say is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from crossmodal_standins import voices, writing
from crossmodal_standins.people import Voice, draw_person
from crossmodal_standins.scenes import FLYING, PEOPLE, Difficulty, Scene, draw_scenes
from crossmodal_standins.voices import RATE_HZ, Sound, say
from crossmodal_standins.words import WORDS

SPEECH_HZ = 16_000
HELD_OUT_SHARE = 1 / 8
"""Of the images for validation, and as many for the test set, as published of Flickr8k."""

Item = TypeVar("Item")

_COUNTS = {2: "two", 3: "three"}


def describe(generator: np.random.Generator, scene: Scene, difficulty: Difficulty) -> str:
    """Return a caption, such as "two brown dogs are running left of a car on the beach"."""

    def leaves_out(share: float) -> bool:
        return bool(generator.random() < share)

    def word(options: Sequence[str]) -> str:
        other = leaves_out(difficulty.other_word)
        index = 1 + int(generator.integers(len(options) - 1)) if len(options) > 1 else 0
        return options[index if other else 0]

    def thing(kind: str, colour: str, count: int) -> str:
        noun = word((kind, WORDS["synonyms"].get(kind, kind)))
        nameless = leaves_out(difficulty.no_colour) or kind == "tree"
        if count > 1:
            noun = WORDS["plurals"].get(noun, f"{noun}s")
            vague = leaves_out(difficulty.vague_count)
        clothes = kind in PEOPLE and not nameless
        if clothes:
            noun = f"{noun} {word((f'in {colour}', f'wearing {colour}'))}"
        elif not nameless:
            noun = f"{colour} {noun}"
        if count > 1:
            return f"{'some' if vague else _COUNTS[count]} {noun}"
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"

    parts = [thing(scene.subject, scene.colour, scene.count)]
    verb = "are" if scene.count > 1 else "is"
    if scene.action:
        parts.append(f"{verb} {word(WORDS['actions'][scene.action])}")
    elif scene.subject in FLYING:
        parts.append(f"{verb} {word(('flying', 'in the air'))}")
    else:
        parts.append(word((verb, "can be seen")))
    ends = []
    if scene.other and not leaves_out(difficulty.no_other):
        other = thing(scene.other, scene.other_colour, 1)
        ends.append(f"{word(WORDS['relations'][scene.relation])} {other}")
    if not leaves_out(difficulty.no_place):
        ends.append(word(WORDS["places"][scene.place]))
    weather = "" if leaves_out(difficulty.no_weather) else word(WORDS["weathers"][scene.weather])
    if not ends:
        ends.append(weather or word(WORDS["places"][scene.place]))
    elif weather and generator.random() < 0.5:
        parts = [weather, *parts]
    elif weather:
        ends.append(weather)
    return " ".join([*parts, *ends])


def begin(
    folder: Path, key: list[int], images: int, speakers: int
) -> tuple[list[Scene], list[Voice]]:
    """Draw what is described and who speaks; the folder counts as unfinished from now on."""
    writing.begin(folder, images=(images, 8, np.inf), speakers=(speakers, 1, np.inf))
    generator = np.random.default_rng(key)
    return draw_scenes(generator, images), draw_voices(generator, speakers)


def draw_voices(generator: np.random.Generator, count: int) -> list[Voice]:
    """Draw the voices of so many speakers."""
    return [draw_person(generator).voice for _ in range(count)]


def speak(generator: np.random.Generator, text: str, voice: Voice, difficulty: Difficulty) -> Sound:
    """Speak a caption in a room, with silence before and after, [samples] at `SPEECH_HZ`."""
    spoken = voices.resampled(voices.as_wave(say(text, voice)), SPEECH_HZ // 50, RATE_HZ // 50)
    before, after = (generator.uniform(0.1, 0.4, 2) * SPEECH_HZ).astype(int)
    sound = np.pad(spoken * np.float32(generator.uniform(0.3, 1.0)), (before, after))
    sound = voices.in_room(
        sound, generator, SPEECH_HZ, generator.uniform(0.3, 1) * difficulty.decay_s
    )
    murmur_db = difficulty.murmur_db - generator.uniform(0, 15)
    return voices.as_int16(voices.with_noise(sound, generator, murmur_db))


def write_truth(folder: Path, names: list[str], scenes: list[Scene]) -> Path:
    """Write `truth.csv`, a row an image: its name and what it shows."""
    frame = pd.DataFrame([asdict(scene) for scene in scenes])
    frame.insert(0, "image", names)
    return writing.write_table(folder / "truth.csv", frame)


def in_splits(items: list[Item]) -> dict[str, list[Item]]:
    """Deal images to splits: the last are the test set, those before them validation."""
    held = max(1, round(HELD_OUT_SHARE * len(items)))
    seen, test = items[:-held], items[-held:]
    return {"train": seen[:-held], "validation": seen[-held:], "test": test}
