"""Named arrays as files: what evaluation leaves for the figures, which load no model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.files import atomic_path

Arrays = dict[str, NDArray]


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write named arrays as `.npz`, the same bytes for the same values."""
    with atomic_path(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)


def read_arrays(path: Path) -> Arrays:
    """Read what `write_arrays` wrote.

    Raises:
        InputError: The file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in arrays.files}
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"not a readable npz archive ({error})", file=path, hint="Evaluate the run again"
        ) from error
