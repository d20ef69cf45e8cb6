"""IDX files of bytes, the format of MNIST: a header that says the shape, then the values.

A file may be plain or compressed with gzip. Numbers of the header are big-endian.

Source: LeCun, Cortes, Burges, The MNIST database of handwritten digits, "File formats".
"""

from __future__ import annotations

import gzip
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import ClipError, InputError
from crossmodal.files import atomic_path

MOST_VALUES = 1 << 30
"""More than any file of this kind holds; a header that claims more is not believed."""
_BYTES = 0x08
"""The header's code of the type of value; all MNIST files hold unsigned bytes."""


def idx_shape(path: Path) -> tuple[int, ...]:
    """Return the shape that the header of a file claims.

    Raises:
        InputError: The file is missing, or is no IDX file of bytes.
    """
    try:
        with _open(path) as stream:
            return _header(stream)
    except (OSError, EOFError, zlib.error, ValueError, struct.error) as error:
        raise _unreadable(path, error) from error


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a file of bytes.

    Raises:
        InputError: The file is missing, cut off, damaged, or no IDX file of bytes.
    """
    try:
        with _open(path) as stream:
            shape = _header(stream)
            count = int(np.prod(shape))
            # One more than there should be, so that a longer file is noticed.
            content = stream.read(count + 1)
        if len(content) != count:
            raise ValueError(f"{count} values announced, {min(len(content), count + 1)} found")
    except (OSError, EOFError, zlib.error, ValueError, struct.error) as error:
        raise _unreadable(path, error) from error
    return np.frombuffer(content, np.uint8).reshape(shape)


def write_idx(path: Path, array: NDArray[np.uint8]) -> Path:
    """Write bytes as a compressed IDX file; the same array gives the same bytes."""
    header = struct.pack(f">HBB{array.ndim}I", 0, _BYTES, array.ndim, *array.shape)
    with atomic_path(path) as temporary:
        temporary.write_bytes(gzip.compress(header + array.tobytes(), mtime=0))
    return path


def idx_picture(folder: Path, name: str) -> NDArray[np.uint8]:
    """Return one picture [height, width] of an IDX file.

    Args:
        name: The file relative to it, `#` and the picture's number from 0.

    Raises:
        ClipError: There is no such picture.
    """
    file, _, number = name.rpartition("#")
    pictures = _opened(folder / file)
    if pictures.ndim != 3 or not number.isdecimal() or int(number) >= len(pictures):
        raise ClipError("there is no such picture", file)
    picture: NDArray[np.uint8] = pictures[int(number)]
    return picture


@lru_cache(maxsize=4)
def _opened(path: Path) -> NDArray[np.uint8]:
    try:
        return read_idx(path)
    except InputError as error:
        raise ClipError("the file of pictures cannot be read", path.name) from error


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path) if path.suffix == ".gz" else path.open("rb"))


def _header(stream: BinaryIO) -> tuple[int, ...]:
    zero, kind, dimensions = struct.unpack(">HBB", stream.read(4))
    if zero or kind != _BYTES or not 1 <= dimensions <= 4:
        raise ValueError("the header is another")
    shape = struct.unpack(f">{dimensions}I", stream.read(4 * dimensions))
    if np.prod([float(side) for side in shape]) > MOST_VALUES:
        raise ValueError(f"the header claims {' x '.join(map(str, shape))} values")
    return shape


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"not a readable IDX file of bytes ({error})", file=path, hint="Get the file again"
    )
