"""What the windows of each kind have in common: shapes, and the features that are made of them.

How a kind is cut stands in `alignment/<kind>.py`, how its features are made in
`features/makers/<kind>.py`, its settings in `config.WindowChoice`. Nothing heavy is imported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SPLITS = ("train", "validation", "test")
"""The parts of a corpus, in order."""


@dataclass(frozen=True)
class Form:
    """The shape of a window.

    Attributes:
        rate_hz: Samples a second of the sound.
        samples: Samples of a window, int16; 0 where the sound stays in its file.
        picture: Shape of a window's pictures, uint8, such as (13, 64, 64, 3), grey (28, 28); (0,)
            where they stay files.
    """

    rate_hz: int
    samples: int
    picture: tuple[int, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of windows.

    Attributes:
        form: Of a window.
        features: Feature -> the most values a window has of it, float32 or less.
    """

    form: Form
    features: dict[str, int]


KINDS = {
    "facevoice": Kind(
        Form(16_000, 8_000, (13, 64, 64, 3)),
        {"mfcc": 25 * 49, "face": 53 * 13, "mfcc_random": 25 * 49, "face_random": 53 * 13},
    ),
    "cmcgan": Kind(Form(44_100, 22_050, (128, 128, 3)), {"log_mel": 128 * 32}),
    "msvae": Kind(
        Form(16_000, 48_000, (4, 64, 64, 3)),
        {"voice": 512, "voice_as_written": 512, "voice_whole_clip": 512, "face_grey": 23 * 23},
    ),
    "captions": Kind(Form(16_000, 163_840, (0,)), {"caption": 40 * 1024, "image_deep": 4096}),
    "digits": Kind(Form(8_000, 8_000, (28, 28)), {"log_mel": 40 * 63}),
    "digit_strings": Kind(Form(8_000, 32_000, (28, 112)), {"log_mel": 40 * 251}),
}


def bytes_per_window(kind: str) -> int:
    """Return the most that a window of a kind takes on the disk with its features."""
    known = KINDS[kind]
    raw = 2 * known.form.samples + math.prod(known.form.picture)
    return raw + 4 * sum(known.features.values())
