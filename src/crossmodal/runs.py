"""Where results lie, and what a training leaves of itself.

`results/<edition>/<paper>/runs/<corpus>/<variant>/seed<k>/` holds `checkpoint.pt`, `history.csv`
and `run.json` of one run: one variant, one seed. What all runs of a paper on a corpus scored stands
in `scores/<corpus>.npz` and `metrics/<corpus>.csv` beside `runs/` (`crossmodal.scores`).
"""

from __future__ import annotations

import io
import json
import platform
import shutil
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
from crossmodal.files import AGAIN, atomic_path, check_recorded

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, order=True)
class Run:
    """One variant on one corpus with one seed; sorts by corpus, variant and seed number."""

    corpus: str
    variant: str
    seed: int

    @property
    def name(self) -> str:
        """`<variant>/seed<k>`, by which scores and examples of a corpus name it."""
        return f"{self.variant}/seed{self.seed}"


@dataclass(frozen=True)
class PaperFolder:
    """`results/<edition>/<paper>`: the one place that knows where a paper's results lie."""

    root: Path

    def run(self, run: Run) -> Path:
        """Return the folder of a run."""
        return self.root / "runs" / run.corpus / run.variant / f"seed{run.seed}"

    def state(self, run: Run) -> Path:
        """Return the folder of what a killed training goes on from; no output of any rule."""
        return self.root / ".state" / run.corpus / run.variant / f"seed{run.seed}"

    def clear_states(self) -> None:
        """Remove what killed jobs would go on from, of those that are done by now."""
        # A folder a run in papers; in the benchmark a folder a method, of all its seeds.
        for done in self.root.glob("runs/**/run.json"):
            state = self.root / ".state" / done.parent.relative_to(self.root / "runs")
            shutil.rmtree(state, ignore_errors=True)
        for kept in self.root.glob("tuning/*/.state/*"):
            if (kept.parents[1] / f"{kept.name.partition('.')[0]}.csv").is_file():
                kept.unlink()

    def search(self, corpus: str, name: str) -> Path:
        """Return the table of a search of settings."""
        return self.root / "tuning" / corpus / f"{name}.csv"

    def scores(self, corpus: str) -> Path:
        """Return the scores of every run on a corpus, item by item."""
        return self.root / "scores" / f"{corpus}.npz"

    def metrics(self, corpus: str) -> Path:
        """Return the metrics of every run on a corpus."""
        return self.root / "metrics" / f"{corpus}.csv"

    def examples(self, corpus: str) -> Path:
        """Return what figures show of the runs on a corpus."""
        return self.root / "examples" / f"{corpus}.npz"

    def artefact(self, kind: str, name: str) -> Path:
        """Return the path of a figure or table without its suffix."""
        return self.root / f"{kind}s" / name


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


def provenance(distributions: Iterable[str], threads: int) -> dict[str, Any]:
    """Return what the runs of a commit on a machine share."""
    commit, dirty = git_state(Path(__file__).parent)
    return {
        "commit": commit,
        "dirty": dirty,
        "versions": versions(*distributions),
        "machine": {"system": sys.platform, "processor": platform.machine()},
        "threads": threads,
    }


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of results.

    Raises:
        InputError: The file is missing, was cut, or is no JSON object.
    """
    check_recorded(path, AGAIN)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"not readable as JSON ({error})", file=path, hint=AGAIN) from error
    if not isinstance(value, dict):
        raise InputError("not a JSON object", file=path, hint=AGAIN)
    return value


def read_run(folder: Path) -> dict[str, Any]:
    """Read a run's `run.json`; raises as `read_json`."""
    return read_json(folder / "run.json")


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

    check_recorded(path)
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = next(iter(str(error).splitlines()), "it is empty")
        raise InputError(
            f"is no checkpoint that can be trusted ({reason})", file=path, hint=AGAIN
        ) from error
    return content


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table atomically; floats with 10 significant digits, so that bytes are stable."""
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.10g", lineterminator="\n")


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table of results.

    Args:
        options: Of `pandas.read_csv`.

    Raises:
        InputError: The file is missing, was cut, or is no table.
    """
    import pandas as pd

    check_recorded(path, AGAIN)
    try:
        frame: pd.DataFrame = pd.read_csv(path, **options)
    except (OSError, ValueError) as error:
        raise InputError(f"not readable as a table ({error})", file=path, hint=AGAIN) from error
    return frame


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
