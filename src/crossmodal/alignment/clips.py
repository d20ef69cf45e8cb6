"""Read ready-cut clips: a sound file, a picture file. What is damaged is a `ClipError`."""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from crossmodal.alignment.decode import read_audio
from crossmodal.alignment.kinds import Row, whole_numbers
from crossmodal.errors import ClipError

_OPEN_END = 0xFFFFFF00
"""Sizes from here on are what programs write that do not know the length beforehand."""


def clip_sound(folder: Path, row: Row, rate_hz: int) -> NDArray[np.int16]:
    """Read the sound file of a row, mono, at a rate, [samples].

    Raises:
        ClipError: There is no sound file, or it is damaged or cut off.
    """
    if not row["audio"]:
        raise ClipError("there is no sound")
    path = folder / row["audio"]
    sound, _ = read_audio(path, rate_hz)
    if cut_off(path):
        raise ClipError("the sound file is cut off")
    return whole_numbers(sound)


def read_picture(folder: Path, name: str, about_px: int | None = None) -> NDArray[np.uint8]:
    """Read a picture file, upright.

    Args:
        about_px: Side that is enough: a JPEG may then be decoded at 1/2, 1/4 or 1/8 of its size,
            but not below.

    Returns:
        [height, width, 3] uint8 RGB.

    Raises:
        ClipError: The file is missing, no picture, damaged or cut off.
    """
    try:
        with Image.open(folder / name) as image:
            if about_px is not None:
                image.draft("RGB", (about_px, about_px))
            upright: Any = ImageOps.exif_transpose(image.convert("RGB"))
            return np.asarray(upright, dtype=np.uint8)
    # Image.DecompressionBombError: a picture of more pixels than any camera takes.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ClipError("the picture is missing, damaged or cut off", name) from error


@lru_cache(maxsize=1 << 16)
def picture_fault(folder: Path, name: str) -> str:
    """Return why a picture file cannot be used, or an empty string; each is read once."""
    try:
        read_picture(folder, name, about_px=1)
    except ClipError as error:
        return error.reason
    return ""


def cut_off(path: Path) -> bool:
    """Tell whether a wav file is shorter than its header says; decoders do not mind."""
    with path.open("rb") as stream:
        head = stream.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return False
        while len(chunk := stream.read(8)) == 8:
            name, size = struct.unpack("<4sI", chunk)
            if name == b"data":
                end = stream.tell() + size
                return bool(size < _OPEN_END and end > path.stat().st_size)
            stream.seek(size + size % 2, 1)
    return False
