"""Which runs stand behind a number: the `run.json` records of an edition, for the report page."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

_DIGITS = 12


Record = tuple[Path, dict[str, Any]]
"""A `run.json`: where it lies, and its content."""


class RunIndex:
    """The runs of an edition by group: `<paper>/<corpus>/<variant>`, its seeds in rising order.

    Args:
        out: The report page; links to records are relative to its folder.

    Attributes:
        runs: One mapping a run, as the page's table of runs shows it.
    """

    def __init__(self, records: Mapping[str, Sequence[Record]], out: Path) -> None:
        self.runs = [
            _run(paper, path, record, out)
            for paper, found in records.items()
            for path, record in found
        ]
        self._counts = Counter(run["group"] for run in self.runs)

    def of(self, paper: str) -> list[dict[str, Any]]:
        """Return the runs of a paper."""
        return [run for run in self.runs if run["paper"] == paper]

    def behind(self, paper: str, groups: Iterable[str]) -> dict[str, Any]:
        """Return what a link to the runs of some groups needs.

        Args:
            groups: `<corpus>/<variant>`; those that did not run are left out.

        Returns:
            `groups`, separated by spaces, `count` of runs, and `anchor` of the first of them in
            the table of runs; a count of 0 where none ran.
        """
        names = list(dict.fromkeys(f"{paper}/{group}" for group in groups))
        known = [name for name in names if name in self._counts]
        first = next((run["anchor"] for run in self.runs if run["group"] in known), "")
        count = sum(self._counts[name] for name in known)
        return {"groups": " ".join(known), "count": count, "anchor": first}

    def sources(self, paper: str | None = None) -> dict[str, list[str]]:
        """Name the corpora whose runs used stand-in data, the published corpus, or one's own."""
        runs = self.runs if paper is None else self.of(paper)
        kinds = {"stand_in": "synthetic", "real": "download", "own": "own"}
        return {
            kind: sorted({run["data_of"] for run in runs if run["source"] == source})
            for kind, source in kinds.items()
        }

    def versions(self) -> list[str]:
        """Return the sets of library versions that runs used, each as one line of text."""
        return sorted({run["versions"] for run in self.runs})


def _run(paper: str, path: Path, record: dict[str, Any], out: Path) -> dict[str, Any]:
    commit = str(record.get("commit") or "unknown")[:10]
    versions: dict[str, str] = record.get("versions", {})
    corpus, variant, seed = (record[key] for key in ("corpus", "variant", "seed"))
    # Runs of the benchmark stand under their task, which says where its data are from.
    task = record.get("config", {}).get("task")
    return {
        "paper": paper,
        "corpus": corpus,
        "data_of": task["corpus"] if isinstance(task, dict) else corpus,
        "variant": variant,
        "seed": seed,
        "group": f"{paper}/{corpus}/{variant}",
        "anchor": f"run-{paper}-{corpus}-{variant}-{seed}",
        "source": record["source"],
        "commit": f"{commit} with changes" if record.get("dirty") else commit,
        "settings": _digest(record.get("config", {})),
        "data": _digest(record.get("inputs", {})),
        "versions": ", ".join(f"{name} {versions[name]}" for name in sorted(versions)),
        "device": record.get("device", ""),
        "threads": record.get("threads", ""),
        "seconds": float(record.get("seconds", 0)),
        "core_seconds": float(record.get("core_seconds", 0)),
        "link": Path(os.path.relpath(path.resolve(), out.parent.resolve())).as_posix(),
    }


def _digest(value: Any) -> str:
    """Return the first digits of the SHA-256 of a value as JSON with sorted keys."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:_DIGITS]
