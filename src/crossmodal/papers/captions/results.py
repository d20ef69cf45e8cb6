"""The collected runs of the paper in one edition, as figures and tables read them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.papers.captions.plan import ANSWERS
from crossmodal.papers.captions.settings import PaperSettings
from crossmodal.reporting import tables
from crossmodal.runs import Run

NAMES = {"flickr8k_audio": "Flickr8k Audio", "places_audio": "Places Audio"}


@dataclass(frozen=True)
class Results:
    """The collected runs of the paper in one edition.

    Attributes:
        settings: The paper's settings.
        folder: `results/<edition>/captions`.
        records: `run.json` of every run, by corpus, family and seed.
    """

    settings: PaperSettings
    folder: Path
    records: dict[tuple[str, str, int], dict[str, Any]]

    @classmethod
    def read(cls, settings: PaperSettings, folder: Path) -> Results:
        """Read which runs there are."""
        records = {
            (record["corpus"], record["variant"], record["seed"]): record
            for _, record in tables.run_records(folder)
        }
        return cls(settings, folder, records)

    @property
    def corpora(self) -> list[str]:
        """Corpora with runs, in the order of the settings."""
        ran = {corpus for corpus, _, _ in self.records}
        return [corpus for corpus in self.settings.corpora if corpus in ran]

    @property
    def source(self) -> str:
        """Return `synthetic` as soon as one corpus is a stand-in."""
        values = {record["source"] for record in self.records.values()}
        return "synthetic" if "synthetic" in values else min(values, default="missing")

    def record(self, family: str) -> dict[str, Any]:
        """Return `run.json` of the first run of a family."""
        return next(record for (_, name, _), record in self.records.items() if name == family)

    def read_from(self, *families: str) -> str:
        """Name the runs of families on every corpus, as provenance of an artefact."""
        return " ".join(tables.read_from(corpus, *families) for corpus in self.corpora)

    def metrics(self) -> pd.DataFrame:
        """Return `metrics.csv` of all runs."""
        return pd.read_csv(self.folder / "metrics.csv")

    def answers(self) -> dict[str, Any]:
        """Return the searches to show, see `answers.shown_searches`.

        Raises:
            InputError: The file is missing or is not JSON.
        """
        family = self.settings.examples.family
        corpus, _, seed = min(key for key in self.records if key[1] == family)
        path = Run(corpus, family, seed).folder(self.folder) / ANSWERS
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"cannot be read ({error})", file=path, hint="Evaluate the run again"
            ) from error
        return found


def picture(content: str) -> NDArray[np.uint8]:
    """Return a picture of `answers.json` as red, green, blue, [height, width, 3]."""
    coded = np.frombuffer(base64.b64decode(content), np.uint8)
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    if decoded is None:
        raise InputError("holds no JPEG picture", file=ANSWERS, hint="Evaluate the run again")
    return np.ascontiguousarray(decoded[:, :, ::-1]).astype(np.uint8)
