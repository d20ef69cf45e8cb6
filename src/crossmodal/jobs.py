"""What the stages hand to a paper's functions: everything a job may read, and what it gives back.

A training that is killed goes on from a state that lies undeclared beside the results, because
Snakemake deletes the declared outputs of a job that fails. It bears the digest of everything that
decides the result; where that differs, the training starts over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossmodal import signals
from crossmodal.devices import device_name
from crossmodal.files import sha256_of, write_json
from crossmodal.resume import Resume, stamp_of
from crossmodal.runs import PaperFolder, Run, Stopwatch, provenance, save_checkpoint, write_csv

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from numpy.typing import NDArray

LIBRARIES = ("numpy", "scikit-learn", "scipy", "torch")
"""Distributions whose versions decide results."""


@dataclass(frozen=True)
class JobContext:
    """What decides the results of a job besides its settings.

    Attributes:
        code: Digest of its source.
        inputs: Files it reads.
    """

    device: torch.device
    threads: int
    code: str
    inputs: Sequence[Path]

    def provenance(self) -> dict[str, Any]:
        """Return commit, versions, machine, and the SHA-256 of every input."""
        digests = {path.as_posix(): digest_of_input(path) for path in self.inputs}
        return {**provenance(LIBRARIES, self.threads), "inputs": digests}

    def stamp(self, origin: Mapping[str, Any], **decides: Any) -> str:
        """Digest everything that decides a result: `origin`, as `provenance` gives it, and more."""
        shared = {name: origin[name] for name in ("inputs", "versions", "threads")}
        return stamp_of(**shared, device=device_name(self.device), code=self.code, **decides)


def digest_of_input(path: Path) -> str:
    """Return the SHA-256 of a file; of a feature the one that its description gives."""
    described = path.with_suffix(".json")
    if path.suffix == ".npy" and described.is_file():
        known = json.loads(described.read_text(encoding="utf-8")).get("sha256")
        if known is not None:
            return str(known)
    return sha256_of(path)


@dataclass(frozen=True)
class Trained:
    """What a training gives back.

    Attributes:
        weights: A `state_dict`.
        config: What the checkpoint needs to be rebuilt beside paper, variant and seed; plain
            values. `settings` in it are the resolved ones.
        history: One row an epoch or step, one column a loss term.
        network: Module tables by part, as `runs.describe_network` returns them.
    """

    weights: Mapping[str, Any]
    config: Mapping[str, Any]
    history: pd.DataFrame
    network: Mapping[str, Any]


@dataclass(frozen=True)
class TrainingJob:
    """One run in the making, as a paper's `train` gets it.

    Attributes:
        run: Corpus, variant and seed.
        source: Where the corpus came from: synthetic, download or own.
        corpus_results: Folder of the manifest and features the paper learns from.
        before: Role -> folder of a finished run that this one builds on.
        search: Table of the search that chose settings of this run; None without one.
        stamp: Digest of everything that decides the result.
        watch: Counts the time of all attempts.
    """

    settings: Any
    run: Run
    source: str
    corpus_results: Path
    paper: PaperFolder
    before: Mapping[str, Path]
    search: Path | None
    context: JobContext
    origin: Mapping[str, Any]
    stamp: str
    watch: Stopwatch = field(default_factory=Stopwatch)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.context.device

    def resume(self, name: str = "state") -> Resume:
        """Return the keeper of the training's state, or of one phase of it."""
        path = self.paper.state(self.run) / f"{name}.pt"
        return Resume(path, self.stamp, self.device, self.watch)

    def finish(self, trained: Trained) -> None:
        """Write `checkpoint.pt`, `history.csv` and, last, `run.json`."""
        folder = self.paper.run(self.run)
        identity = {"paper": self.paper.root.name, "variant": self.run.variant}
        config = {**identity, **trained.config}
        checkpoint = folder / "checkpoint.pt"
        save_checkpoint(checkpoint, {"weights": dict(trained.weights), "config": config})
        write_csv(folder / "history.csv", trained.history)
        record = {
            **identity,
            "corpus": self.run.corpus,
            "source": self.source,
            "seed": self.run.seed,
            "config": config,
            **self.origin,
            "device": device_name(self.device),
            **self.watch.read(),
            "stamp": self.stamp,
            "checkpoint": sha256_of(checkpoint),
            "network": trained.network,
        }
        write_json(folder / "run.json", record)


@dataclass(frozen=True)
class EvaluationJob:
    """All runs of a paper on a corpus, as its `evaluate` gets them.

    Attributes:
        corpus_results: Folder of the manifest and features.
        corpus_folder: The corpus itself, for what figures show of it.
        examples: What figures show of the corpus itself; `evaluate` may fill it.
    """

    settings: Any
    corpus: str
    runs: Sequence[Run]
    corpus_results: Path
    corpus_folder: Path
    paper: PaperFolder
    device: torch.device
    examples: dict[str, NDArray[Any]] = field(default_factory=dict)


class Search:
    """The rows of a search tried so far; what was tried is not tried again after a kill.

    Args:
        stamp: Digest of everything that decides the rows, but the combination tried.
    """

    def __init__(self, path: Path, stamp: str, device: torch.device) -> None:
        self.path, self.stamp, self.device = path, stamp, device
        self.rows: dict[str, Any] = {}
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if isinstance(kept, dict) and kept.get("stamp") == stamp:
            self.rows = kept["rows"]

    def tried(self, *combination: Any) -> Any:
        """Return what a combination (plain values) gave, or None when it is to be tried."""
        signals.stop_if_asked("between two combinations; the next run goes on from here")
        return self.rows.get(json.dumps(combination))

    def resume(self, name: str, *combination: Any) -> Resume:
        """Return the keeper of the training of a combination's network, or of a phase of it."""
        stamp = stamp_of(search=self.stamp, combination=combination)
        return Resume(self.path.with_suffix(f".{name}.pt"), stamp, self.device)

    def keep(self, found: Any, *combination: Any) -> Any:
        """Keep what a combination gave, plain values; returns it."""
        self.rows[json.dumps(combination)] = found
        write_json(self.path, {"stamp": self.stamp, "rows": self.rows})
        return found


@dataclass(frozen=True)
class SearchJob:
    """A search of settings, as a paper's `tune` gets it; `tune` returns its table.

    Attributes:
        name: What is searched; the name of the table.
        variants: Whose settings are searched.
        corpus_results: Folder of the manifest and features.
        tried: What earlier attempts tried.
    """

    settings: Any
    corpus: str
    name: str
    variants: Sequence[str]
    corpus_results: Path
    device: torch.device
    tried: Search
