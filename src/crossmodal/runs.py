"""The run folder: where a training leaves its weights, its history and where they came from.

`results/<edition>/<paper>/runs/<corpus>/<variant>/seed<k>/` holds `checkpoint.pt`, `history.csv`,
`run.json`, and after evaluation `scores.npz` and `metrics.csv`.
"""

from __future__ import annotations

import io
import json
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossmodal.errors import InputError
from crossmodal.files import atomic_path, sha256_of, write_json

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

METRIC_COLUMNS = [
    "paper",
    "corpus",
    "variant",
    "seed",
    "protocol",
    "task",
    "metric",
    "value",
    "n",
]
_RUN = re.compile(r"runs/(?P<corpus>[^/]+)/(?P<variant>[^/]+)/seed(?P<seed>\d+)$")


@dataclass(frozen=True, order=True)
class Run:
    """Which run a folder holds; runs sort by corpus, variant and seed number."""

    corpus: str
    variant: str
    seed: int

    def folder(self, paper_results: Path) -> Path:
        """Return the run's folder below `results/<edition>/<paper>`."""
        return paper_results / "runs" / self.corpus / self.variant / f"seed{self.seed}"

    @classmethod
    def of(cls, folder: Path) -> Run:
        """Read the run off its folder's name.

        Raises:
            InputError: The folder is not named like a run.
        """
        match = _RUN.search(folder.as_posix())
        if match is None:
            raise InputError(
                "is no run folder", file=folder, hint="Name it runs/<corpus>/<variant>/seed<k>"
            )
        return cls(match["corpus"], match["variant"], int(match["seed"]))


def collected_runs(paper_results: Path) -> list[Run]:
    """Return the runs that `results/<edition>/<paper>/metrics.csv` collects, sorted.

    Figures, tables and claims read these and no others, so that run folders left over from
    earlier settings never enter a number.

    Raises:
        InputError: The file is missing or is not a table of metrics.
    """
    import pandas as pd

    path = paper_results / "metrics.csv"
    try:
        frame = pd.read_csv(path, usecols=["corpus", "variant", "seed"])
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read ({error})", file=path, hint="Collect the paper's runs first"
        ) from error
    rows = frame.drop_duplicates().itertuples(index=False)
    return sorted(Run(str(row.corpus), str(row.variant), int(str(row.seed))) for row in rows)


@dataclass
class Stopwatch:
    """Time spent on a run since it was made, and before, by attempts that were cut short.

    Attributes:
        wall: Wall clock when it was made, seconds.
        cores: Processor clock then, seconds.
        started: When the first attempt started, UTC.
        attempts: Processes that took part.
        seconds_before: Wall-clock seconds of earlier attempts and phases.
        core_seconds_before: Processor seconds of these.
        stopped: What it showed when it was stopped.
    """

    wall: float = field(default_factory=time.perf_counter)
    cores: float = field(default_factory=time.process_time)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    attempts: int = 1
    seconds_before: float = 0.0
    core_seconds_before: float = 0.0
    stopped: dict[str, Any] | None = None

    def stop(self) -> None:
        """Keep what it shows: what is done afterwards does not count."""
        self.stopped = self.read()

    def read(self) -> dict[str, Any]:
        """Return `started` (UTC), `seconds` and `core_seconds` so far, and `attempts`."""
        if self.stopped is not None:
            return self.stopped
        seconds = self.seconds_before + time.perf_counter() - self.wall
        core_seconds = self.core_seconds_before + time.process_time() - self.cores
        return {
            "started": self.started,
            "seconds": round(seconds, 3),
            "core_seconds": round(core_seconds, 3),
            "attempts": self.attempts,
        }

    def count_in(self, spent: Mapping[str, Any]) -> None:
        """Count in an earlier phase, or what all attempts so far had spent in all.

        Args:
            spent: What `read` returned there.
        """
        self.started = min(self.started, spent["started"])
        self.seconds_before = max(self.seconds_before, spent["seconds"])
        self.core_seconds_before = max(self.core_seconds_before, spent["core_seconds"])
        self.attempts = max(self.attempts, spent["attempts"])

    def go_on_from(self, spent: Mapping[str, Any]) -> None:
        """Count in attempts that were cut short, and this one with them; argument as above."""
        self.count_in({**spent, "attempts": spent["attempts"] + 1})


def git_state(folder: Path) -> tuple[str | None, bool | None]:
    """Return the commit checked out at `folder` and whether tracked files differ from it.

    Both are None where there is no repository or no git.
    """

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return None, None


def versions(*distributions: str) -> dict[str, str]:
    """Return the versions of Python and of the named distributions."""
    found = {"python": platform.python_version()}
    return found | {name: metadata.version(name) for name in sorted(distributions)}


def provenance(inputs: Iterable[Path], distributions: Iterable[str], threads: int) -> dict:
    """Return what a run shares with the other runs of its job: commit, inputs, versions."""
    commit, dirty = git_state(Path(__file__).parent)
    return {
        "commit": commit,
        "dirty": dirty,
        "inputs": {path.as_posix(): sha256_of(path) for path in inputs},
        "versions": versions(*distributions),
        "machine": {"system": sys.platform, "processor": platform.machine()},
        "threads": threads,
    }


def write_run(
    folder: Path,
    *,
    paper: str,
    run: Run,
    source: str,
    weights: Mapping[str, Any],
    config: Mapping[str, Any],
    history: pd.DataFrame,
    network: Mapping[str, Any],
    origin: Mapping[str, Any],
    device: str,
    watch: Stopwatch,
    stamp: str = "",
) -> None:
    """Write `checkpoint.pt`, `history.csv` and, last, `run.json` of a finished training.

    Args:
        folder: The run folder.
        paper: The paper's name.
        run: Corpus, variant and seed.
        source: Where the corpus came from: synthetic, download or own.
        weights: A `state_dict`.
        config: The resolved settings of this run; plain values only.
        history: One row a step or epoch, one column a loss term.
        network: Module table as `describe_network` returns it.
        origin: What `provenance` returned.
        device: Name of the device used.
        watch: Started before the training.
        stamp: Digest of everything that decides the result.
    """
    save_checkpoint(folder / "checkpoint.pt", {"weights": dict(weights), "config": dict(config)})
    write_csv(folder / "history.csv", history)
    record = {
        "paper": paper,
        "corpus": run.corpus,
        "source": source,
        "variant": run.variant,
        "seed": run.seed,
        "config": config,
        **origin,
        "device": device,
        **watch.read(),
        "stamp": stamp,
        "network": network,
    }
    write_json(folder / "run.json", record)


def read_run(folder: Path) -> dict[str, Any]:
    """Read a run's `run.json`.

    Raises:
        InputError: It is missing or is not JSON.
    """
    path = folder / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"not readable as JSON ({error})", file=path, hint="Train the run again"
        ) from (error)
    if not isinstance(record, dict):
        raise InputError("not a JSON object", file=path, hint="Train the run again")
    return record


def save_checkpoint(path: Path, content: Mapping[str, Any]) -> None:
    """Save tensors and plain values; same content, same bytes."""
    import torch

    # torch.save stores the file's name inside the archive; a buffer has none, so that the bytes
    # depend on the content alone.
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    with atomic_path(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Load a checkpoint as data, never as code, onto the CPU.

    Raises:
        InputError: The file is missing, cut short, or holds more than tensors and plain values.
    """
    import pickle

    import torch

    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = next(iter(str(error).splitlines()), "it is empty")
        raise InputError(
            f"is no checkpoint that can be trusted ({reason})",
            file=path,
            hint="Train the run again or fetch the file again",
        ) from error
    return content


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table atomically; floats with 10 significant digits, so that bytes are stable."""
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.10g", lineterminator="\n")


def write_scores(
    folder: Path, paper: str, run: Run, scores: Mapping[str, np.ndarray], scalars: list[dict]
) -> None:
    """Write `scores.npz` (per item) and `metrics.csv` (their means, and `scalars`).

    Args:
        folder: The run folder.
        paper: The paper's name.
        run: Corpus, variant and seed.
        scores: `task|protocol|metric` -> float64 per item, items in the same order in every run
            of a corpus.
        scalars: Further rows with `protocol, task, metric, value, n`.
    """
    import numpy as np
    import pandas as pd

    with atomic_path(folder / "scores.npz") as temporary:
        np.savez(temporary, allow_pickle=False, **dict(scores))
    means = []
    for key, items in scores.items():
        task, protocol, metric = key.split("|")
        means.append(
            {
                "protocol": protocol,
                "task": task,
                "metric": metric,
                "value": float(items.mean()),
                "n": len(items),
            }
        )
    frame = pd.DataFrame(means + scalars)
    frame = frame.assign(paper=paper, corpus=run.corpus, variant=run.variant, seed=run.seed)
    write_csv(folder / "metrics.csv", frame[METRIC_COLUMNS])


def collect_metrics(folders: list[Path]) -> pd.DataFrame:
    """Join the `metrics.csv` of runs, sorted by corpus, variant and seed.

    Raises:
        InputError: A run was not evaluated.
    """
    import pandas as pd

    frames = [pd.DataFrame(columns=METRIC_COLUMNS)] if not folders else []
    for folder in sorted(folders, key=Run.of):
        path = folder / "metrics.csv"
        if not path.is_file():
            raise InputError("does not exist", file=path, hint="Evaluate the run first")
        frames.append(pd.read_csv(path))
    return pd.concat(frames, ignore_index=True)[METRIC_COLUMNS]


def write_metrics(folders: list[Path], out: Path) -> None:
    """Write what `collect_metrics` returns."""
    write_csv(out, collect_metrics(folders))


def describe_network(network: Any) -> list[dict[str, Any]]:
    """List the leaf modules of a torch network: name, type, shape, number of parameters.

    The shape is that of the weight (outputs x inputs for a linear layer), empty without one.
    """
    rows = []
    for name, module in network.named_modules():
        if next(module.children(), None) is None:
            weight = getattr(module, "weight", None)
            rows.append(
                {
                    "name": name,
                    "type": type(module).__name__,
                    "shape": list(weight.shape) if weight is not None else [],
                    "parameters": sum(value.numel() for value in module.parameters()),
                }
            )
    return rows
