"""Invented people: what their faces look like and how they sound.

Face and voice are tied by four attributes of a person, and by nothing else:

- register (low or high): hair, brows, lashes, lips, beard; pitch and timbre;
- size: long face, strong jaw, long nose, thick brows; lower pitch, longer vocal tract;
- age: grey hair, wrinkles; slower, flatter speech;
- fullness: broad face, round cheeks; darker sound.

The last three are standard normal. A face shows each with an error of its own, a voice another, so
that what is seen and what is heard correlate by `COUPLING`. Colours, hair style, glasses, distance
of the eyes and the voice variant of the synthesizer are drawn apart: they tell people from each
other and say nothing about the other side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crossmodal_standins.colours import Colour, mixed, rgb, varied
from crossmodal_standins.words import NAMES

COUPLING = 0.8
"""Correlation of an attribute as seen and as heard, over people of one register; set by hand.

The best guess from the pitch leaves 60 % of the standard deviation of the size a face shows.
"""

REGISTERS = ("low", "high")


def _colours(codes: str) -> tuple[Colour, ...]:
    return tuple(rgb(code) for code in codes.split())


SKINS = _colours("eccbb4 e4bb9c deae8a c8946e ac7856 8a5c42")
HAIRS = _colours("261e1c 462e20 70482a a47442 963a22 d0a868")
CLOTHES = _colours("b23434 2e5c96 3c7a54 e0a038 764e8e 3c4254 d26c54 489298")
_EYES = _colours("5c3a24 3c5442 4a7096 687a84")
_GREY = rgb("c4c2c0")
_STYLES = {"low": ("short", "bowl", "receding"), "high": ("long", "bob", "tied")}
_BEARDS = ("none", "none", "none", "stubble", "moustache", "full")
_VARIANTS = {"low": ("m1", "m3", "m4", "m5", "m7"), "high": ("f1", "f2", "f3", "f5")}


@dataclass(frozen=True)
class Face:
    """What is seen of a person; lengths are relative to an average face, the hair's is a style."""

    length: float
    width: float
    jaw: float
    cheeks: float
    eye_gap: float
    eye_size: float
    brow: float
    nose: float
    mouth: float
    lips: float
    wrinkles: float  # 0 to 1, as the lashes
    lashes: float
    skin: Colour
    hair: Colour
    eyes: Colour
    clothes: Colour
    style: str
    beard: str
    glasses: bool


@dataclass(frozen=True)
class Voice:
    """How a person sounds."""

    variant: str  # of eSpeak NG's voice
    pitch_hz: float  # median pitch that is heard
    pitch_range: int  # eSpeak NG's, 0 monotone to 100
    words_per_minute: int
    formants: float  # factor on all; above 1 for a vocal tract shorter than the variant's
    brightness_db: float  # gain above 1.5 kHz


@dataclass(frozen=True)
class Person:
    """Somebody: a name, the attributes face and voice share (see above), face and voice."""

    name: str
    register: str
    size: float
    age: float
    fullness: float
    face: Face
    voice: Voice


def draw_person(
    generator: np.random.Generator,
    name: str = "",
    *,
    register: str | None = None,
    size: float | None = None,
    age: float | None = None,
    coupling: float = COUPLING,
) -> Person:
    """Draw a person.

    Register ("low" or "high"), size and age are drawn unless given, with the same number of draws.
    `coupling` is the correlation between an attribute as seen and as heard, from 0 to 1.
    """
    drawn = REGISTERS[int(generator.random() < 0.5)]
    register = register or drawn
    traits = np.clip(generator.standard_normal(3), -2.2, 2.2)
    for place, given in enumerate((size, age)):
        traits[place] = traits[place] if given is None else given
    shown, heard = (
        np.sqrt(coupling) * traits + np.sqrt(1 - coupling) * generator.standard_normal(3)
        for _ in range(2)
    )
    face = _face(generator, register, *shown.tolist())
    voice = _voice(generator, register, *heard.tolist())
    size, age, fullness = traits.tolist()
    return Person(name, register, size, age, fullness, face, voice)


def draw_people(generator: np.random.Generator, count: int, coupling: float) -> list[Person]:
    """Draw at most 480 people with names, half of each register as near as can be."""
    first, last = len(NAMES["low"]), NAMES["last"]
    places = generator.permutation(first * len(last))[:count]
    registers = np.array(REGISTERS)[generator.permutation(np.arange(count) % 2)]
    people = []
    for place, register in zip(places, registers, strict=True):
        name = f"{NAMES[register][place % first]}_{last[place // first]}"
        people.append(draw_person(generator, name, register=register, coupling=coupling))
    return people


def _face(
    generator: np.random.Generator, register: str, size: float, age: float, fullness: float
) -> Face:
    """Draw a face that shows the attributes given."""
    low = register == "low"
    gap, eyes, mouth = np.clip(generator.standard_normal(3), -2, 2).tolist()
    grey = _within(0.35 * age - 0.25 + 0.1 * generator.standard_normal(), 0, 0.9)
    tone = int(generator.integers(len(SKINS)))
    hairs = HAIRS[: len(HAIRS) - max(0, tone - 1)]  # dark skin goes with dark hair
    beard = _BEARDS[generator.integers(len(_BEARDS))]
    return Face(
        length=_within(1 + 0.06 * size + (0.03 if low else -0.03), 0.85, 1.16),
        width=_within(1 + 0.06 * fullness + (0.02 if low else -0.03), 0.86, 1.16),
        jaw=_within((1.04 if low else 0.9) + 0.08 * size, 0.74, 1.24),
        cheeks=_within(1 + 0.12 * fullness, 0.7, 1.3),
        eye_gap=1 + 0.06 * gap,
        eye_size=(1 if low else 1.12) * (1 + 0.07 * eyes),
        brow=_within((1.25 if low else 0.7) * (1 + 0.25 * size), 0.45, 2.0),
        nose=_within(1 + 0.14 * size, 0.7, 1.3),
        mouth=1 + 0.07 * mouth,
        lips=_within((0.85 if low else 1.15) * (1 - 0.12 * age), 0.5, 1.6),
        wrinkles=_within(0.25 + 0.4 * age, 0, 1),
        lashes=0.15 if low else 0.9,
        skin=varied(generator, SKINS[tone], 4),
        hair=mixed(varied(generator, hairs[generator.integers(len(hairs))], 5), _GREY, grey),
        eyes=_EYES[generator.integers(len(_EYES))],
        clothes=CLOTHES[generator.integers(len(CLOTHES))],
        style=_STYLES[register][generator.integers(len(_STYLES[register]))],
        beard=beard if low else "none",
        glasses=bool(generator.random() < 0.25),
    )


def _voice(
    generator: np.random.Generator, register: str, size: float, age: float, fullness: float
) -> Voice:
    """Draw a voice that lets the attributes given be heard."""
    variants = _VARIANTS[register]
    return Voice(
        variant=variants[generator.integers(len(variants))],
        pitch_hz=_within((112 if register == "low" else 205) * 2 ** (-0.22 * size), 75, 320),
        pitch_range=round(_within(50 - 14 * age, 10, 90)),
        words_per_minute=round(_within(172 - 14 * age, 120, 220)),
        formants=_within(1 - 0.05 * size, 0.87, 1.15),
        brightness_db=_within(-4 * fullness, -10, 10),
    )


def _within(value: float, least: float, most: float) -> float:
    return float(min(max(value, least), most))
