"""What a job of many trainings keeps: a finished one is never computed again.

Snakemake deletes the declared outputs of a job that fails, those of its finished runs too, and of
a job whose end it did not live to see. So a finished run is kept under `.state/` as well, beside
the states of unfinished ones, and is put back when the job is started again; likewise the rows of
a search. What is kept goes when the scores of all runs are collected: by then Snakemake knows that
they are complete.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossmodal import signals
from crossmodal.devices import device_name
from crossmodal.errors import InputError
from crossmodal.files import atomic_path, sha256_of, write_json
from crossmodal.resume import Resume, stamp_of
from crossmodal.runs import Run, Stopwatch, provenance, read_run, write_run

if TYPE_CHECKING:
    import pandas as pd
    import torch

STATE = ".state"
ABANDONED_S = 3600.0
"""Half-written files of this age are nobody's."""
FILES = ("checkpoint.pt", "history.csv", "run.json")
"""What a training leaves."""


class Circumstances:
    """What decides the results of a job besides settings: code, inputs, versions, device.

    Args:
        device: Where the job computes.
        threads: Processor threads it has.
        libraries: Distributions that decide results.
        code: Digest of the source.
    """

    def __init__(
        self, device: torch.device, threads: int, libraries: Iterable[str], code: str
    ) -> None:
        self.device = device
        self.code = code
        self._common = provenance([], libraries, threads)
        self._digests: dict[Path, str] = {}

    def origin(self, inputs: Iterable[Path]) -> dict[str, Any]:
        """Return the provenance of what is made from some files; each is read once a job."""
        for path in (files := list(inputs)):
            if path not in self._digests:
                self._digests[path] = sha256_of(path)
        return {**self._common, "inputs": {path.as_posix(): self._digests[path] for path in files}}

    def stamp(self, origin: Mapping[str, Any], **decides: Any) -> str:
        """Digest everything that decides a result.

        Args:
            origin: As `origin` returns it.
            decides: Settings and seed; `code` where it is other code than the job's.
        """
        shared = {name: origin[name] for name in ("inputs", "versions", "threads")}
        return stamp_of(
            **{**shared, "device": device_name(self.device), "code": self.code, **decides}
        )


@dataclass(frozen=True)
class TrainingJob:
    """Trains runs of a paper on a corpus.

    Attributes:
        paper: Its name.
        corpus: The corpus's name.
        source: synthetic, download or own.
        out: `results/<edition>/<paper>`.
        under: Device, threads, libraries and code.
        files: What each of its runs leaves; `run.json` is written last.
    """

    paper: str
    corpus: str
    source: str
    out: Path
    under: Circumstances
    files: tuple[str, ...] = FILES

    def training(
        self,
        variant: str,
        seed: int,
        inputs: Iterable[Path],
        config: Mapping[str, Any],
        **decides: Any,
    ) -> Training:
        """Begin a run.

        Args:
            variant: Of the run.
            seed: Of the run.
            inputs: Files it is made from.
            config: What its checkpoint says of it; plain values.
            decides: What else decides its result; plain values.
        """
        signals.stop_if_asked("between two runs; the next run of this job goes on from here")
        origin = self.under.origin(inputs)
        stamp = self.under.stamp(origin, config=config, seed=seed, **decides)
        return Training(self, Run(self.corpus, variant, seed), config, origin, stamp)


@dataclass(frozen=True)
class Training:
    """One run in the making.

    Attributes:
        job: What it belongs to.
        run: Corpus, variant and seed.
        config: Of the checkpoint.
        origin: Provenance.
        stamp: Digest of everything that decides the result.
        watch: Counts the time of all attempts.
    """

    job: TrainingJob
    run: Run
    config: Mapping[str, Any]
    origin: Mapping[str, Any]
    stamp: str
    watch: Stopwatch = field(default_factory=Stopwatch)

    @property
    def place(self) -> Path:
        """The folder of what survives a kill."""
        return self.run.folder(self.job.out / STATE)

    @property
    def finished(self) -> Path:
        """The folder of the complete run, below `place`."""
        return self.place / f"finished-{self.stamp[:16]}"

    def resume(self, name: str = "state") -> Resume:
        """Return the keeper of the training's state, or of one phase of it."""
        return Resume(self.place / f"{name}.pt", self.stamp, self.job.under.device, self.watch)

    def put_back(self) -> bool:
        """Put the finished run back into its folder, if an earlier attempt finished it."""
        try:
            if read_run(self.finished).get("stamp") != self.stamp:
                return False
        except InputError:
            return False
        self._put()
        return True

    def finish(
        self,
        weights: Mapping[str, Any],
        history: pd.DataFrame,
        network: Mapping[str, Any],
        **measured: Any,
    ) -> None:
        """Write the run folder and let the state go.

        Files beyond those of a training have to lie in the folder `finished` by now.

        Args:
            weights: A `state_dict`.
            history: One row an epoch, one column a loss term.
            network: Module table as `runs.describe_network` returns it.
            measured: What else `run.json` says; plain values.
        """
        write_run(
            self.finished,
            paper=self.job.paper,
            run=self.run,
            source=self.job.source,
            weights=weights,
            config=self.config,
            history=history,
            network=network,
            origin={**self.origin, **measured},
            device=device_name(self.job.under.device),
            watch=self.watch,
            stamp=self.stamp,
        )
        self._put()
        self.drop()

    def drop(self) -> None:
        """Remove the states, and what other settings or a kill left beside them."""
        for path in self.place.glob("[!.]*.pt"):
            path.unlink(missing_ok=True)
        for folder in set(self.place.glob("finished-*")) - {self.finished}:
            shutil.rmtree(folder, ignore_errors=True)
        # Not what is being written: the job of a Snakemake that died may still be at work here.
        for path in self.place.rglob(".*.partial*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > ABANDONED_S:
                    path.unlink()
        with suppress(OSError):
            self.place.rmdir()

    def _put(self) -> None:
        folder = self.run.folder(self.job.out)
        for name in self.job.files:
            with atomic_path(folder / name) as temporary:
                _link(self.finished / name, temporary)
                # Made now, in Snakemake's eyes: after the inputs.
                os.utime(temporary)


class Search:
    """The rows of a search tried so far.

    Args:
        out: The CSV that will be written; what is kept lies in `.state/` beside it.
        stamp: Digest of everything that decides the rows, but the combination tried.
        device: Where the search computes.
    """

    def __init__(self, out: Path, stamp: str, device: torch.device) -> None:
        self.path = out.parent / STATE / f"{out.stem}.json"
        self.stamp = stamp
        self.device = device
        self.rows: dict[str, Any] = {}
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
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


def forget(paper_results: Path, corpus: str) -> None:
    """Remove what is kept of a corpus's searches and finished runs; unfinished ones stay.

    Args:
        paper_results: `results/<edition>/<paper>`.
        corpus: The scores of its runs have been collected.
    """
    for kept in (paper_results / STATE / "runs" / corpus).glob("*/*/finished-*"):
        shutil.rmtree(kept, ignore_errors=True)
        with suppress(OSError):
            kept.parent.rmdir()
    shutil.rmtree(paper_results / "tuning" / corpus / STATE, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, which costs no space, or copy it where the disk cannot."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
