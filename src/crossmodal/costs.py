"""What training costs: how many examples pass through it, and what one of them takes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from crossmodal.errors import InputError


@dataclass(frozen=True)
class Work:
    """Training that a paper's settings ask for.

    Attributes:
        corpus: What is learned from.
        family: The variant.
        stage: Part of the training that costs differ by: "train", "source", "first", "second".
        examples: Examples that pass through it, over all epochs, seeds and code lengths; where
            a search decides about epochs, as many as it may choose.
        checkpoints: How many it leaves.
    """

    corpus: str
    family: str
    stage: str
    examples: int
    checkpoints: int


@dataclass(frozen=True)
class Cost:
    """What one example of a kind of work takes, measured.

    Attributes:
        seconds: Core-seconds on a CPU, seconds on a GPU.
        gflop: Arithmetic of a training step, by example, in 10^9 operations; 0: not counted.
        parameters: Of what a checkpoint holds.
        device: "cpu", or the GPU's product name.
    """

    seconds: float
    gflop: float
    parameters: int
    device: str


TABLE = "costs.csv"
"""File in the settings folder, written by `python -m measure.measure_costs`."""

Key = tuple[str, str, str, str]
"""Paper, corpus, family, stage."""

COLUMNS = ("edition", "paper", "corpus", "family", "stage")
MEASURED = ("seconds_per_example", "gflop_per_example", "parameters", "batch", "device")


def read_costs(path: Path, edition: str) -> dict[Key, Cost]:
    """Read what was measured at the sizes of an edition.

    Raises:
        InputError: The file cannot be read, or a column or a value does not fit.
    """
    costs: dict[Key, Cost] = {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if row["edition"] == edition:
                    key = (row["paper"], row["corpus"], row["family"], row["stage"])
                    costs[key] = Cost(
                        float(row["seconds_per_example"]),
                        float(row["gflop_per_example"]),
                        int(row["parameters"]),
                        row["device"],
                    )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"cannot be read ({type(error).__name__}: {error})",
            file=path,
            hint="Measure again: python -m measure.measure_costs",
        ) from error
    return costs
