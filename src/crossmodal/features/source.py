"""What the features of a corpus or of a kind of windows are made from, and where they go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray

from crossmodal.devices import choose_device
from crossmodal.errors import InputError
from crossmodal.features.store import create_feature, read_feature
from crossmodal.progress import progress

BLOCK = 1024
"""Windows at a time."""


@dataclass(frozen=True)
class Source:
    """What features are made from.

    Attributes:
        windows: Folder of the manifest, with the windows' `waves.npy` and `pictures.npy`.
        published: Whether published features are preferred to computed ones.
    """

    folder: Path
    manifest: pd.DataFrame
    windows: Path
    out: Path
    seed: int
    published: bool
    weights: Path | None
    threads: int

    @cached_property
    def device(self) -> str:
        """Where torch computes, "cpu" or "cuda"."""
        return choose_device(self.threads).type

    @property
    def rows(self) -> int:
        """Rows of the manifest and of every feature."""
        return len(self.manifest)

    @property
    def train(self) -> NDArray[np.bool_]:
        """True for the rows that models may be fitted on, [n]."""
        return self.training_rows("split")

    def training_rows(self, column: str) -> NDArray[np.bool_]:
        """Return True for the training rows of a split, [n].

        Args:
            column: "split", or "split_random".
        """
        return (self._column(column) == "train").to_numpy(dtype=bool)

    @property
    def samples(self) -> NDArray[np.int64]:
        """How many samples of each window's wave are sound, [n]."""
        return self._column("samples").to_numpy(dtype=np.int64)

    def media(self, column: str) -> list[Path]:
        """Return the files of a manifest column, or refuse when it is empty."""
        names = self.manifest.get(column)
        if names is None or (names == "").any():
            raise InputError(
                f"the {column}s themselves are not at hand",
                file=self.folder,
                field=column,
                hint="Get the full archive, or leave this feature out",
            )
        return [self.folder / name for name in names]

    def waves(self, *widths: int) -> NDArray[np.int16]:
        """Open the windows' sound [n, samples], memory-mapped.

        Args:
            widths: How many samples a window of this kind may have.

        Raises:
            InputError: There is no such file, or it is of another kind of windows.
        """
        path = self.windows / "waves.npy"
        waves = read_feature(path, self.rows)
        if waves.shape[1] not in widths:
            raise InputError(
                f"windows of {waves.shape[1]} samples instead of {widths[0]}",
                file=path,
                hint="Give the manifest of the windows that these features are made from",
            )
        return waves

    def pictures(self) -> NDArray[np.uint8]:
        """Open the windows' pictures [n, frames, height, width, 3], memory-mapped."""
        return read_feature(self.windows / "pictures.npy", self.rows)

    def create(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: DTypeLike = np.float32,
        *,
        units: str,
        settings: dict[str, Any],
        libraries: tuple[str, ...],
    ) -> AbstractContextManager[NDArray[Any]]:
        """Open a feature of these windows for writing, see `store.create_feature`."""
        return create_feature(
            self.out / f"{name}.npy",
            (self.rows, *shape),
            dtype,
            units=units,
            settings=settings,
            libraries=libraries,
        )

    def blocks(self, title: str) -> Iterator[slice]:
        """Yield some rows at a time, and show how far they are."""
        with progress(total=self.rows, title=title, unit="window") as bar:
            for start in range(0, self.rows, BLOCK):
                rows = slice(start, min(start + BLOCK, self.rows))
                yield rows
                bar.update(rows.stop - start)

    def _column(self, name: str) -> pd.Series:
        if name not in self.manifest:
            raise InputError(
                "the column is missing",
                file=self.windows / "manifest.csv",
                field=name,
                hint="Cut the windows again",
            )
        return self.manifest[name]
