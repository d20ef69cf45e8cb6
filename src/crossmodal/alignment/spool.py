"""Files that hold what is too much for memory: crops of a recording, rows of an array."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from crossmodal.files import atomic_path

Picture = NDArray[np.uint8]


@dataclass
class CropSpool:
    """Crops by track and frame, kept in a temporary file while a recording is decoded."""

    side_px: int
    file: Any = field(default_factory=tempfile.TemporaryFile)
    places: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, track: int, frame: int, crop: Picture) -> None:
        """Keep a crop [side, side, 3]."""
        self.places[track, frame] = len(self.places)
        self.file.write(crop.tobytes())

    def __contains__(self, key: tuple[int, int]) -> bool:
        """Tell whether there is a crop of a track at a frame."""
        return key in self.places

    def __getitem__(self, key: tuple[int, int]) -> Picture:
        """Return a crop that is there."""
        size = self.side_px * self.side_px * 3
        self.file.seek(self.places[key] * size)
        found = np.frombuffer(self.file.read(size), np.uint8)
        self.file.seek(0, SEEK_END)
        return found.reshape(self.side_px, self.side_px, 3)


class GrowingArray:
    """Appends rows to an `.npy` file whose number of rows is known only at the end."""

    def __init__(self, stream: IO[bytes], row: tuple[int, ...], dtype: DTypeLike) -> None:
        self._stream = stream
        self._row = row
        self._dtype = np.dtype(dtype)
        self._rows = 0
        self._write_header()
        self._start = stream.tell()

    def append(self, row: NDArray[Any]) -> None:
        """Add a row.

        Raises:
            ValueError: It has another shape or type.
        """
        self.extend(row[None])

    def extend(self, rows: NDArray[Any]) -> None:
        """Add rows, [n, ...].

        Raises:
            ValueError: They have another shape or type.
        """
        if rows.shape[1:] != self._row or rows.dtype != self._dtype:
            raise ValueError(f"{rows.shape} {rows.dtype} instead of {self._row} {self._dtype}")
        self._stream.write(np.ascontiguousarray(rows).tobytes())
        self._rows += len(rows)

    def finish(self) -> None:
        """Write the number of rows into the header, which NumPy pads for this."""
        self._stream.seek(0)
        self._write_header()
        if self._stream.tell() != self._start:
            raise ValueError("the header has another length")

    def _write_header(self) -> None:
        shape = (self._rows, *self._row)
        description = np.lib.format.dtype_to_descr(self._dtype)
        header = {"descr": description, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._stream, header)


@contextmanager
def growing_array(path: Path, row: tuple[int, ...], dtype: DTypeLike) -> Iterator[GrowingArray]:
    """Yield an array to append rows to; the file gets its name when the block succeeds."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        array = GrowingArray(stream, row, dtype)
        yield array
        array.finish()


def blocks(path: Path, size: int) -> Iterator[NDArray[Any]]:
    """Read an `.npy` file some bytes at a time.

    Args:
        size: Bytes to hold at a time; at least one row is.

    Yields:
        Its rows, in order.
    """
    with path.open("rb") as stream:
        np.lib.format.read_magic(stream)
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        row = int(np.prod(shape[1:])) * dtype.itemsize
        step = max(1, size // max(1, row))
        for begin in range(0, shape[0], step):
            count = min(step, shape[0] - begin)
            content = stream.read(count * row)
            yield np.frombuffer(content, dtype).reshape(count, *shape[1:])
