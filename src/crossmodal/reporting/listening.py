"""Sounds beside a figure: a table of things to listen to, in one file that the report embeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crossmodal.corpora.listening import mp3_address
from crossmodal.errors import InputError
from crossmodal.files import AGAIN, check_recorded, write_json

BITS_PER_S = 64_000
"""Of sounds at 44.1 kHz: half a second takes 4 kB, and hides nothing below 11 kHz."""


class Sound(NamedTuple):
    """A sound and its place in the table, e.g. row "violin", column "CMCGAN"."""

    row: str
    column: str
    wave: NDArray[np.float32]


def write_listening(path: Path, sounds: Sequence[Sound], rate_hz: int = 44_100) -> None:
    """Write sounds as MP3 data addresses; beside a figure the file is `<id>.audio.json`.

    Args:
        path: A JSON list of {"row", "column", "audio"}, as the corpora's `audio.json`.
        sounds: Mono, in -1..1; rows and columns are shown in the order of their first sound.
        rate_hz: Sampling rate of all of them.
    """
    write_json(
        path,
        [
            {
                "row": sound.row,
                "column": sound.column,
                "audio": mp3_address(sound.wave, rate_hz, BITS_PER_S),
            }
            for sound in sounds
        ],
    )


def read_sounds(path: Path, names: Sequence[str]) -> list[dict[str, str]]:
    """Read sounds to embed; none where the file is missing.

    Args:
        path: A JSON list of mappings that have "audio" and `names`, all text.

    Raises:
        InputError: The file is damaged, or holds an address where a sound should be.
    """
    if not path.is_file():
        return []
    check_recorded(path, AGAIN)
    try:
        sounds: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        fields = [sound[name] for sound in sounds for name in ("audio", *names)]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError("not a list of sounds", file=path, hint=AGAIN) from error
    if not all(isinstance(field, str) for field in fields):
        raise InputError("not a list of sounds", file=path, hint=AGAIN)
    if any(not sound["audio"].startswith("data:audio/") for sound in sounds):
        raise InputError("holds an address instead of a sound", file=path, hint=AGAIN)
    return sounds


def listening_table(path: Path) -> dict[str, Any]:
    """Lay out a figure's sounds: {"columns": names, "rows": [{"name", "cells"}]}.

    A cell is a data address, or empty where the table has no sound. Rows are empty where the file
    is missing.

    Raises:
        InputError: As `read_sounds`, or two sounds have the same place.
    """
    sounds = read_sounds(path, ("row", "column"))
    places = {(sound["row"], sound["column"]): sound["audio"] for sound in sounds}
    if len(places) < len(sounds):
        raise InputError("two sounds have the same place", file=path, hint=AGAIN)
    columns = list(dict.fromkeys(sound["column"] for sound in sounds))
    rows = [
        {"name": row, "cells": [places.get((row, column), "") for column in columns]}
        for row in dict.fromkeys(sound["row"] for sound in sounds)
    ]
    return {"columns": columns, "rows": rows}
