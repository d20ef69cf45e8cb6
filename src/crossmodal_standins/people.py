"""Invented people: what their faces look like and how they sound.

Face and voice are tied by four attributes of a person, and by nothing else:

- register (low or high): hair, brows, lashes, lips, beard; pitch and timbre;
- size: long face, strong jaw, long nose, thick brows; lower pitch, longer vocal tract;
- age: grey hair, wrinkles, bags under the eyes; slower, flatter speech;
- fullness: broad face, round cheeks; darker sound.

The last three are standard normal. A face shows each with an error of its own, a voice another, so
that what is seen and what is heard correlate by `COUPLING`. Colours, hair style, glasses, distance
of the eyes and the voice variant of the synthesizer are drawn apart: they tell people from each
other and say nothing about the other side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

COUPLING = 0.8
"""Correlation of an attribute as seen with the same as heard, over people of one register.

Set by hand before anything was trained: between people of one register the best guess from the
pitch leaves 60 % of the standard deviation of the size that a face shows.
"""

REGISTERS = ("low", "high")

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

_SKINS = (
    (236, 203, 180),
    (228, 187, 156),
    (222, 174, 138),
    (200, 148, 110),
    (168, 116, 82),
    (128, 84, 58),
)
_HAIRS = ((38, 30, 28), (70, 46, 32), (112, 72, 42), (164, 116, 66), (150, 66, 34), (208, 168, 104))
_EYES = ((92, 58, 36), (60, 84, 66), (74, 112, 150), (104, 122, 132))
CLOTHES = (
    (178, 52, 52),
    (46, 92, 150),
    (60, 122, 84),
    (224, 160, 56),
    (118, 78, 142),
    (60, 66, 84),
    (210, 108, 84),
    (72, 146, 152),
)
_GREY = np.array((196, 194, 192))
_STYLES = {
    "low": ("short", "parted", "curly", "bowl", "receding"),
    "high": ("long", "bob", "curly", "tied"),
}
_VARIANTS = {"low": ("m1", "m3", "m4", "m5", "m7"), "high": ("f1", "f2", "f3", "f5")}


@dataclass(frozen=True)
class Face:
    """What is seen of a person. Lengths are relative to an average face, 1.

    Attributes:
        length, width, jaw, cheeks: Of the head's outline.
        eye_gap, eye_size, brow, nose_length, nose_width, mouth, lips: Of the features.
        wrinkles: 0 none, 1 deep.
        lashes: 0 none, 1 strong.
        skin, hair, eyes, clothes: Colours.
        style: Hair style, one of those of `faces`.
        beard: "none", "stubble", "moustache" or "full".
        glasses: Whether the person wears glasses.
    """

    length: float
    width: float
    jaw: float
    cheeks: float
    eye_gap: float
    eye_size: float
    brow: float
    nose_length: float
    nose_width: float
    mouth: float
    lips: float
    wrinkles: float
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
    """How a person sounds.

    Attributes:
        variant: Voice variant of eSpeak NG.
        pitch_hz: Median pitch that is heard.
        pitch_range: eSpeak NG's range, 0 monotone to 100.
        words_per_minute: Speed.
        formants: Factor on all formants; above 1 for a vocal tract shorter than the variant's.
        brightness_db: Gain above 1.5 kHz.
    """

    variant: str
    pitch_hz: float
    pitch_range: int
    words_per_minute: int
    formants: float
    brightness_db: float


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
    fullness: float | None = None,
    coupling: float = COUPLING,
) -> Person:
    """Draw a person.

    Args:
        generator: Every choice comes from it; the same number of draws whatever is given.
        name: What to call the person.
        register: "low" or "high"; None draws one.
        size: Standard normal attribute; None draws it.
        age: The same.
        fullness: The same.
        coupling: Correlation between an attribute as seen and as heard, from 0 to 1.
    """
    drawn = REGISTERS[int(generator.random() < 0.5)]
    register = drawn if register is None else register
    given = np.array([np.nan if trait is None else trait for trait in (size, age, fullness)])
    traits = np.clip(generator.standard_normal(3), -2.2, 2.2)
    traits = np.where(np.isnan(given), traits, given)
    shown, heard = (
        np.sqrt(coupling) * traits + np.sqrt(1 - coupling) * generator.standard_normal(3)
        for _ in range(2)
    )
    return Person(
        name=name,
        register=register,
        size=float(traits[0]),
        age=float(traits[1]),
        fullness=float(traits[2]),
        face=_face(generator, register, *shown.tolist()),
        voice=_voice(generator, register, *heard.tolist()),
    )


def _face(
    generator: np.random.Generator, register: str, size: float, age: float, fullness: float
) -> Face:
    """Draw a face that shows the attributes given."""
    low = register == "low"
    gap, eyes, mouth, nose = np.clip(generator.standard_normal(4), -2, 2)
    grey = float(np.clip(0.35 * age - 0.25 + 0.1 * generator.standard_normal(), 0, 0.9))
    tone = int(generator.integers(len(_SKINS)))
    hairs = _HAIRS[: len(_HAIRS) - max(0, tone - 1)]  # dark skin goes with dark hair
    skin = np.array(_SKINS[tone]) + generator.integers(-6, 7, 3)
    hair = np.array(hairs[generator.integers(len(hairs))]) + generator.integers(-8, 9, 3)
    styles = _STYLES[register]
    beards = ("none", "none", "none", "stubble", "moustache", "full")
    beard = beards[generator.integers(len(beards))]
    return Face(
        length=_within(1 + 0.06 * size + (0.03 if low else -0.03), 0.85, 1.16),
        width=_within(1 + 0.06 * fullness + (0.02 if low else -0.03), 0.86, 1.16),
        jaw=_within((1.04 if low else 0.9) + 0.08 * size, 0.74, 1.24),
        cheeks=_within(1 + 0.12 * fullness, 0.7, 1.3),
        eye_gap=float(1 + 0.06 * gap),
        eye_size=float((1 if low else 1.12) * (1 + 0.07 * eyes)),
        brow=_within((1.25 if low else 0.7) * (1 + 0.25 * size), 0.45, 2.0),
        nose_length=_within(1 + 0.14 * size, 0.7, 1.3),
        nose_width=float((1.08 if low else 0.92) * (1 + 0.09 * nose)),
        mouth=float(1 + 0.07 * mouth),
        lips=_within((0.85 if low else 1.15) * (1 - 0.12 * age), 0.5, 1.6),
        wrinkles=_within(0.25 + 0.4 * age, 0, 1),
        lashes=0.15 if low else 0.9,
        skin=_colour(skin),
        hair=_colour((1 - grey) * hair + grey * _GREY),
        eyes=_EYES[generator.integers(len(_EYES))],
        clothes=CLOTHES[generator.integers(len(CLOTHES))],
        style=styles[generator.integers(len(styles))],
        beard=beard if low else "none",
        glasses=bool(generator.random() < 0.25),
    )


def _voice(
    generator: np.random.Generator, register: str, size: float, age: float, fullness: float
) -> Voice:
    """Draw a voice that lets the attributes given be heard."""
    low = register == "low"
    variants = _VARIANTS[register]
    return Voice(
        variant=variants[generator.integers(len(variants))],
        pitch_hz=_within((112 if low else 205) * 2 ** (-0.22 * size), 75, 320),
        pitch_range=round(_within(50 - 14 * age, 10, 90)),
        words_per_minute=round(_within(172 - 14 * age, 120, 220)),
        formants=_within(1 - 0.05 * size, 0.87, 1.15),
        brightness_db=_within(-4 * fullness, -10, 10),
    )


def _within(value: float, least: float, most: float) -> float:
    return float(min(max(value, least), most))


def _colour(values: np.ndarray) -> Colour:
    red, green, blue = np.clip(np.round(values), 0, 255).astype(int).tolist()
    return red, green, blue
