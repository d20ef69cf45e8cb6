"""The collected runs of the paper in one edition, as figures and tables read them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.reporting import tables

NAMES = {"wikipedia": "Wikipedia", "nuswide10k": "NUS-WIDE-10K"}
TASK_NAMES = {"image_to_text": "image → text", "text_to_image": "text → image"}
MAIN = ("cvh", "smfh", "ssah", "dssah", "ours")


@dataclass(frozen=True)
class Results:
    """The collected runs of the paper in one edition."""

    settings: PaperSettings
    folder: Path
    sources: dict[str, str]
    variants: dict[str, list[str]]

    @classmethod
    def read(cls, settings: PaperSettings, folder: Path) -> Results:
        """Read which runs there are from `results/<edition>/hashing`."""
        sources: dict[str, str] = {}
        variants: dict[str, list[str]] = {}
        for _, record in tables.run_records(folder):
            sources[record["corpus"]] = record["source"]
            seen = variants.setdefault(record["corpus"], [])
            if record["variant"] not in seen:
                seen.append(record["variant"])
        return cls(settings, folder, sources, variants)

    @property
    def source(self) -> str:
        """Return `synthetic` as soon as one corpus is a stand-in."""
        values = set(self.sources.values())
        return "synthetic" if "synthetic" in values else min(values, default="own")

    def longest(self, corpus: str, family: str, than: str | None = None) -> str | None:
        """Return the variant of a family with the longest code that ran on a corpus.

        Args:
            corpus: Name of the corpus.
            family: Name of the family.
            than: A variant of another family; codes longer than its own are passed over.
        """
        lengths = dict(chain(*(self.settings.variants(name) for name in self.settings.families)))
        limit = lengths.get(than) if than is not None else None
        ran = [
            variant
            for variant, bits in self.settings.variants(family)
            if variant in self.variants.get(corpus, [])
            and (limit is None or bits is None or bits <= limit)
        ]
        return ran[-1] if ran else None

    def scores(self, corpus: str, variant: str, task: str, protocol: str) -> np.ndarray:
        """Return average precisions [seeds, queries]."""
        return tables.run_scores(self.folder, corpus, variant)[f"{task}|{protocol}|map"]

    def chance(self, corpus: str, protocol: str, task: str) -> float:
        """Return the mean average precision of a random order."""
        metrics = pd.read_csv(self.folder / "metrics.csv")
        rows = metrics[
            (metrics["corpus"] == corpus)
            & (metrics["protocol"] == protocol)
            & (metrics["task"] == task)
            & (metrics["metric"] == "map_chance")
        ]
        return float(rows["value"].iloc[0])

    def queries(self, corpus: str) -> int:
        """Return the number of test queries of a corpus."""
        scores = tables.run_scores(self.folder, corpus, self.variants[corpus][0])
        return len(next(iter(scores.values()))[0])

    def main_protocol(self) -> str:
        """Return the protocol of the main tables: the settings' first database and cut-off."""
        protocol = self.settings.protocol
        return protocol.label(protocol.databases[0], protocol.cutoffs[0])
