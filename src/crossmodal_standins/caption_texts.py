"""Says in words what a scene shows, and speaks it: the captions of the stand-ins.

Captions of a scene differ in words, in order and in what they leave out; what they say is true.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from crossmodal_standins.captions_scenes import FLYING, PEOPLE, Difficulty, Scene
from crossmodal_standins.people import Voice, draw_person
from crossmodal_standins.voices import (
    RATE_HZ,
    as_int16,
    in_room,
    say,
    with_noise,
)

SPEECH_HZ = 16_000

_NOUNS = {
    "man": ("man", "guy"),
    "woman": ("woman", "lady"),
    "child": ("child", "kid"),
    "dog": ("dog", "hound"),
    "cat": ("cat", "kitten"),
    "horse": ("horse", "pony"),
    "bicycle": ("bicycle", "bike"),
    "car": ("car", "automobile"),
    "truck": ("truck", "lorry"),
    "boat": ("boat", "sailing boat"),
    "house": ("house", "cottage"),
    "ball": ("ball", "beach ball"),
    "balloon": ("balloon", "hot air balloon"),
    "umbrella": ("umbrella", "parasol"),
}
"""The usual word of a kind and another; kinds that are missing have their name alone."""

_PLURALS = {"man": "men", "woman": "women", "child": "children", "lady": "ladies", "pony": "ponies"}
_COUNTS = {2: "two", 3: "three"}
_PLACES = {
    "beach": ("on the beach", "by the sea", "on the sand"),
    "park": ("in the park", "on the grass in front of trees", "in a green park"),
    "street": ("on the street", "in the city", "on a road in town"),
    "field": ("in a field", "on farmland", "in a yellow field"),
    "mountains": ("in the mountains", "in front of snowy peaks", "near the mountains"),
    "lake": ("by the lake", "at the water", "beside a lake"),
    "desert": ("in the desert", "among cacti", "on dry sand in the desert"),
    "snow": ("in the snow", "on snowy ground", "in a winter landscape"),
}
_WEATHERS = {
    "sunny": ("on a sunny day", "in the sunshine", "under a blue sky"),
    "cloudy": ("on a cloudy day", "under grey clouds", "under a cloudy sky"),
    "rainy": ("in the rain", "on a rainy day", "while it rains"),
    "night": ("at night", "in the dark", "under the moon"),
    "sunset": ("at sunset", "in the evening", "as the sun goes down"),
}
_RELATIONS = {
    "left": ("to the left of", "left of", "next to"),
    "right": ("to the right of", "right of", "beside"),
    "front": ("in front of", "before", "in front of"),
    "behind": ("behind", "at the back of", "behind"),
    "above": ("under", "below", "underneath"),
}
_ACTIONS = {
    "running": ("running", "racing"),
    "sitting": ("sitting", "sitting down"),
    "waving": ("waving", "waving a hand"),
    "standing": ("standing", "waiting"),
}


def describe(generator: np.random.Generator, scene: Scene, difficulty: Difficulty) -> str:
    """Return a caption, such as "two brown dogs are running left of a car on the beach"."""

    def leaves_out(share: float) -> bool:
        return bool(generator.random() < share)

    def word(options: Sequence[str]) -> str:
        other = generator.random() < difficulty.other_word
        index = 1 + int(generator.integers(len(options) - 1)) if len(options) > 1 else 0
        return options[index if other else 0]

    def thing(kind: str, colour: str, count: int) -> str:
        noun = word(_NOUNS.get(kind, (kind,)))
        nameless = leaves_out(difficulty.no_colour) or kind == "tree"
        if count > 1:
            noun = _PLURALS.get(noun, f"{noun}s")
            number = "some" if leaves_out(difficulty.vague_count) else _COUNTS[count]
        else:
            number = "an" if noun[0] in "aeiou" else "a"
        if nameless:
            return f"{number} {noun}"
        if kind in PEOPLE:
            return f"{number} {noun} {word((f'in {colour}', f'wearing {colour}'))}"
        article = "an" if number in ("a", "an") and colour[0] in "aeiou" else number
        article = "a" if article == "an" and colour[0] not in "aeiou" else article
        return f"{article} {colour} {noun}"

    parts = [thing(scene.subject, scene.colour, scene.count)]
    verb = "are" if scene.count > 1 else "is"
    if scene.action:
        parts.append(f"{verb} {word(_ACTIONS[scene.action])}")
    elif scene.subject in FLYING:
        parts.append(f"{verb} {word(('flying', 'in the air'))}")
    else:
        parts.append(word((verb, "can be seen")))
    ends = []
    if scene.other and not leaves_out(difficulty.no_other):
        other = thing(scene.other, scene.other_colour, 1)
        ends.append(f"{word(_RELATIONS[scene.relation])} {other}")
    if not leaves_out(difficulty.no_place):
        ends.append(word(_PLACES[scene.place]))
    weather = "" if leaves_out(difficulty.no_weather) else word(_WEATHERS[scene.weather])
    if not ends:
        ends.append(weather or word(_PLACES[scene.place]))
    elif weather and generator.random() < 0.5:
        return " ".join([weather, *parts, *ends])
    elif weather:
        ends.append(weather)
    return " ".join([*parts, *ends])


def draw_voices(generator: np.random.Generator, count: int) -> list[Voice]:
    """Draw the voices of so many speakers."""
    return [draw_person(generator).voice for _ in range(count)]


def speak(
    generator: np.random.Generator, text: str, voice: Voice, difficulty: Difficulty
) -> NDArray[np.int16]:
    """Speak a caption in a room, with some silence before and after.

    Args:
        generator: Draws the room, its murmur and the silence.
        text: The caption.
        voice: Who speaks.
        difficulty: How clean the recording is.

    Returns:
        [samples] at `SPEECH_HZ`.
    """
    spoken = scipy.signal.resample_poly(say(text, voice) / 32768.0, SPEECH_HZ // 50, RATE_HZ // 50)
    before, after = (generator.uniform(0.1, 0.4, 2) * SPEECH_HZ).astype(int)
    sound = np.pad(spoken * generator.uniform(0.3, 1.0), (before, after))
    sound = in_room(sound, generator, SPEECH_HZ, generator.uniform(0.3, 1) * difficulty.decay_s)
    murmur_db = difficulty.murmur_db - generator.uniform(0, 15)
    return as_int16(with_noise(sound, generator, murmur_db))
