"""What all generators share: arguments, sizes and difficulties in range, formats of the files.

A generator is `synthesize(folder, *, sizes, seed, difficulty)`. It writes into `folder`, where
files of the same names are replaced, and the same seed gives the same bytes, whatever the number of
threads. Numbers out of range raise an `InputError`.
"""

from __future__ import annotations

import dataclasses
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.files import atomic_path, write_text
from crossmodal_standins.canvas import Picture, jpeg

Number = TypeVar("Number", float, tuple[float, float])


@dataclasses.dataclass(frozen=True)
class Checked:
    """A difficulty: every field is a number from 0, a `share` of at most 1, or least and most."""

    def __post_init__(self) -> None:
        """Refuse numbers out of range with an `InputError`."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            least, most = value if isinstance(value, tuple) else (value, value)
            if least > most:
                raise InputError("give the least, then the most", field=field.name)
            if field.metadata.get("share") and not 0 <= least <= most <= 1:
                raise InputError("a share lies between 0 and 1", field=field.name)
            if least < 0 and not field.name.endswith("_db"):
                raise InputError("it is not negative", field=field.name)


def share(default: Number) -> Number:
    """Declare a field of a `Checked` class that is a share, from 0 to 1, or least and most."""
    value: Number = dataclasses.field(default=default, metadata={"share": True})
    return value


def begin(folder: Path, **sizes: tuple[float, float, float]) -> Path:
    """Check what is asked for and mark the folder as unfinished.

    `sizes`: name of an argument -> its value, the least and the most; else an `InputError`.
    """
    for field, (value, least, most) in sizes.items():
        if not least <= value <= most:
            problem = "too few" if value < least else "too many"
            hint = (
                f"Ask for {least:g} to {most:g}" if most < np.inf else f"Ask for at least {least:g}"
            )
            raise InputError(f"{value:g} {field} are {problem}", field=field, hint=hint)
    folder = Path(folder)
    (folder / "contents.csv").unlink(missing_ok=True)
    return folder


def write_wav(path: Path, samples: NDArray[np.int16], rate_hz: int, channels: int = 1) -> Path:
    """Write 16-bit samples, [samples], as WAV with equal channels."""
    with atomic_path(path) as temporary, wave.open(str(temporary), "wb") as stream:
        stream.setnchannels(channels)
        stream.setsampwidth(2)
        stream.setframerate(rate_hz)
        stream.writeframes(np.repeat(samples.astype("<i2"), channels).tobytes())
    return path


def write_jpeg(path: Path, picture: Picture) -> Path:
    """Write a picture as JPEG."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(jpeg(picture))
    return path


def write_table(path: Path, table: pd.DataFrame) -> Path:
    """Write a table as CSV, numbers with six digits after the point."""
    write_text(path, table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    return path


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    """Write lines of text."""
    write_text(path, "\n".join(lines) + "\n")
    return path
