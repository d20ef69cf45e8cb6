"""Feature files: an array row-aligned with the manifest, and beside it what it means."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.files import atomic_path, write_json

_BLOCK = 4096
"""Rows checked at a time, so that a large file never lies in memory as a whole."""


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
        array: One row an aligned pair, [n, d], finite.
        units: What one value is, e.g. "share of keypoints".
        settings: How the feature was made; plain JSON values.
        libraries: Distribution names of the libraries that decided its values, besides NumPy.

    Raises:
        InputError: The array is no finite matrix.
    """
    path = Path(path)
    _check(array, path)
    with atomic_path(path) as temporary:
        np.save(temporary, np.ascontiguousarray(array), allow_pickle=False)
    write_json(
        path.with_suffix(".json"),
        {
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "units": units,
            "settings": settings,
            "versions": {name: version(name) for name in ("numpy", *libraries)},
        },
    )


def read_feature(path: Path, rows: int) -> NDArray[Any]:
    """Open a feature memory-mapped and read-only.

    Args:
        path: The `.npy` file.
        rows: Rows of the manifest it must be aligned with.

    Returns:
        The array, [rows, d].

    Raises:
        InputError: The file is missing or damaged, has other rows, or holds NaN or infinity.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("there is no such feature", file=path, mend="Run the feature stage first")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(
            f"not a readable array ({error})", file=path, mend="Run the feature stage again"
        ) from error
    _check(array, path)
    if len(array) != rows:
        raise InputError(
            f"{len(array)} rows for a manifest of {rows}",
            file=path,
            mend="Run the feature stage again on this manifest",
        )
    return np.asanyarray(array)


def _check(array: NDArray[Any], path: Path) -> None:
    """Refuse what is not a matrix of finite numbers."""
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise InputError(
            f"{array.ndim} dimensions of {array.dtype} instead of a matrix of numbers",
            file=path,
            mend="Run the feature stage again",
        )
    for start in range(0, len(array), _BLOCK):
        finite = np.isfinite(array[start : start + _BLOCK]).all(axis=1)
        if not finite.all():
            raise InputError(
                "a value is not finite",
                file=path,
                field=f"row {start + int(np.argmin(finite))}",
                mend="Run the feature stage again",
            )
