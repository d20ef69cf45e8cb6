"""What `import crossmodal` offers: trained runs, and the papers' parts by name."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from crossmodal.errors import InputError
from crossmodal.runs import PaperFolder, Run, load_checkpoint, read_csv, read_run

if TYPE_CHECKING:
    import pandas as pd
    import torch


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A finished run: one variant of a paper on one corpus with one seed.

    Attributes:
        folder: `results/<edition>/<paper>/runs/<corpus>/<variant>/seed<k>`.
    """

    folder: Path
    paper: str
    corpus: str
    variant: str
    seed: int

    @cached_property
    def record(self) -> dict[str, Any]:
        """Where it came from (`run.json`): commit, data, versions, device, seconds."""
        return read_run(self.folder)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings it was trained with, resolved."""
        settings: dict[str, Any] = self.record["config"]["settings"]
        return settings

    @cached_property
    def history(self) -> pd.DataFrame:
        """The loss terms, one row an epoch or step."""
        return read_csv(self.folder / "history.csv")

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """What it scored: `protocol, task, metric, value, n`, one row a metric."""
        from crossmodal.scores import read_metrics

        frame = read_metrics(self._paper.metrics(self.corpus))
        mine = (frame["variant"] == self.variant) & (frame["seed"] == self.seed)
        columns = ["protocol", "task", "metric", "value", "n"]
        return frame.loc[mine, columns].reset_index(drop=True)

    def network(self) -> torch.nn.Module:
        """Return the trained network on the CPU, in evaluation mode."""
        model = importlib.import_module(f"crossmodal.papers.{self.paper}.model")
        network: torch.nn.Module = model.load(load_checkpoint(self.folder / "checkpoint.pt"))
        return network

    def score(self, picture: Path | str, sound: Path | str) -> float:
        """Return how well a picture and a sound go together: larger is better.

        The files are prepared as in training.

        Raises:
            InputError: A file cannot be read, or the paper does not score pairs of files.
        """
        room = load_paper(self.paper)
        if "files" not in (module.name for module in pkgutil.iter_modules(room.__path__)):
            raise InputError(
                f"{self.paper} does not score pairs of files",
                file=self.folder,
                hint="Load a run of captions or msvae",
            )
        score: float = importlib.import_module(f"{room.__name__}.files").score(
            self, Path(picture), Path(sound)
        )
        return score

    @property
    def _paper(self) -> PaperFolder:
        return PaperFolder(self.folder.parents[3])


def load_run(folder: Path | str) -> TrainedRun:
    """Load a finished run.

    Args:
        folder: `results/<edition>/<paper>/runs/<corpus>/<variant>/seed<k>`.

    Raises:
        InputError: No run was finished there.
    """
    folder = Path(folder)
    record = read_run(folder)
    names = (record["paper"], record["corpus"], record["variant"], record["seed"])
    return TrainedRun(folder, *names)


def list_runs(results: Path | str, paper: str | None = None) -> list[TrainedRun]:
    """List the finished runs of an edition, of one paper or of all.

    Args:
        results: `results/<edition>`.

    Returns:
        Sorted by paper, corpus, variant and seed.
    """
    found = []
    for name in [paper] if paper else list_papers():
        folder = PaperFolder(Path(results) / name)
        known = [
            Run(path.parts[-4], path.parts[-3], int(path.parts[-2].removeprefix("seed")))
            for path in (folder.root / "runs").glob("*/*/seed*/run.json")
        ]
        found += [load_run(folder.run(run)) for run in sorted(known)]
    return found


def list_papers() -> list[str]:
    """List the papers, by name."""
    package = importlib.import_module("crossmodal.papers")
    return sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg)


def load_paper(name: str) -> ModuleType:
    """Return a paper's package with its modules `settings`, `model`, `losses` and `evaluate`.

    Raises:
        InputError: There is no such paper.
    """
    if name not in (known := list_papers()):
        raise InputError(f"there is no paper {name!r}", hint=f"Choose from: {', '.join(known)}")
    for module in ("settings", "model", "losses", "evaluate"):
        importlib.import_module(f"crossmodal.papers.{name}.{module}")
    return importlib.import_module(f"crossmodal.papers.{name}")
