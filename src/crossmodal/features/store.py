"""Feature files: an array row-aligned with the manifest, and beside it what it means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from crossmodal.errors import InputError
from crossmodal.files import (
    AGAIN,
    atomic_path,
    check_recorded,
    is_full,
    no_room,
    reserve,
    sha256_of,
    write_json,
)

_BLOCK_VALUES = 1 << 22
"""Values checked at a time, so that a large file never lies in memory as a whole."""


def write_feature(
    path: Path,
    array: NDArray[Any],
    *,
    units: str,
    settings: dict[str, Any],
    libraries: tuple[str, ...] = (),
) -> None:
    """Write a feature and its description atomically.

    Args:
        path: Where the array goes, ending in `.npy`; the description goes beside it as `.json`.
        array: One row an aligned pair, [n, ...], finite.
        units: What one value is, e.g. "share of keypoints".
        settings: How the feature was made; plain JSON values.
        libraries: Distribution names of the libraries that decided its values, besides NumPy.

    Raises:
        InputError: The array holds no rows of finite numbers.
    """
    path = Path(path)
    _check(array, path)
    with atomic_path(path) as temporary:
        np.save(temporary, np.ascontiguousarray(array), allow_pickle=False)
    describe_feature(path, array, units, settings, libraries)


@contextmanager
def create_feature(
    path: Path,
    shape: tuple[int, ...],
    dtype: DTypeLike,
    *,
    units: str,
    settings: dict[str, Any],
    libraries: tuple[str, ...] = (),
) -> Iterator[NDArray[Any]]:
    """Yield a memory-mapped array to fill; it gets its name and description when the block ends.

    When the block raises, or leaves a value that is not finite, nothing is left behind.

    Args:
        shape: Of the array, [n, ...].
        settings: As for `write_feature`; read when the block ends, so that what is found out
            inside can be added to it.

    Raises:
        InputError: The array holds no rows of finite numbers.
    """
    path = Path(path)
    with atomic_path(path) as temporary:
        array = np.lib.format.open_memmap(temporary, "w+", np.dtype(dtype), shape)
        with temporary.open("r+b") as stream:
            reserve(stream, temporary.stat().st_size)
        yield array
        _check(array, path)
        array.flush()
    describe_feature(path, array, units, settings, libraries)


def read_feature(path: Path, rows: int) -> NDArray[Any]:
    """Open a feature memory-mapped and read-only.

    Returns:
        The array, [rows, ...].

    Raises:
        InputError: The file is missing or damaged, has other rows, or holds NaN or infinity.
    """
    path = Path(path)
    if not path.is_file():
        hint = "Run the workflow: it makes what is missing"
        raise InputError("there is no such feature", file=path, hint=hint)
    check_recorded(path)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"not a readable array ({error})", file=path, hint=AGAIN) from error
    _check(array, path)
    if len(array) != rows:
        raise InputError(f"{len(array)} rows for a manifest of {rows}", file=path, hint=AGAIN)
    return np.asanyarray(array)


def scratch(shape: tuple[int, ...], dtype: DTypeLike = np.float32) -> NDArray[Any]:
    """Return a memory-mapped array in a file without a name, gone with the process at the latest.

    Raises:
        InputError: There is no room for it.
    """
    with TemporaryFile() as file:
        try:
            reserve(file, math.prod(shape) * np.dtype(dtype).itemsize)
        except OSError as error:
            raise (no_room(Path(gettempdir())) if is_full(error) else error) from error
        return np.memmap(file, np.dtype(dtype), "w+", shape=shape)


def describe_feature(
    path: Path,
    array: NDArray[Any],
    units: str,
    settings: dict[str, Any],
    libraries: tuple[str, ...],
) -> None:
    """Write beside an array what it means and what its bytes are, as `.json`."""
    write_json(
        path.with_suffix(".json"),
        {
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "units": units,
            "settings": settings,
            "versions": {name: version(name) for name in ("numpy", *libraries)},
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
        },
    )


def _check(array: NDArray[Any], path: Path) -> None:
    """Refuse what is not rows of finite numbers."""
    if array.ndim < 2 or array.dtype.kind not in "fiu":
        raise InputError(
            f"{array.ndim} dimensions of {array.dtype} instead of rows of numbers",
            file=path,
            hint=AGAIN,
        )
    if array.dtype.kind != "f":
        return
    values = max(1, array[:1].size)
    block = max(1, _BLOCK_VALUES // values)
    for start in range(0, len(array), block):
        finite = np.isfinite(array[start : start + block]).reshape(-1, values).all(axis=1)
        if not finite.all():
            raise InputError(
                "a value is not finite",
                file=path,
                field=f"row {start + int(np.argmin(finite))}",
                hint=AGAIN,
            )
