"""A results tree as the workflow leaves it, small enough for tests, with known differences."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.config import Artefact
from crossmodal.files import write_json, write_text
from crossmodal.reporting.claims import COLUMNS, join_claims, write_claims
from crossmodal.reporting.report import PaperPage
from crossmodal.reporting.results import CorpusResults, Results
from crossmodal.reporting.style import axis_label, figure, looks, save
from crossmodal.reporting.tables import comparison, write_table
from crossmodal.runs import PaperFolder, Run
from crossmodal.scores import Scored, write_scores

BITS = (16, 32, 64)
REPORTED = {
    "cvh": (0.217, 0.246, 0.254),
    "smfh": (0.337, 0.390, 0.364),
    "ssah": (0.473, 0.502, 0.498),
    "dssah": (0.557, 0.561, 0.578),
    "ours": (0.595, 0.603, 0.619),
}
LEVELS = {"cvh": 0.21, "smfh": 0.25, "ssah": 0.31, "dssah": 0.312, "ours": 0.36}
PROTOCOLS = ("test/all/average", "train/50/average")
TASKS = ("image_to_text", "text_to_image")
SHORT = {"image_to_text": "i2t", "text_to_image": "t2i"}
CLASSES = ("art", "biology", "geography", "history", "literature", "media", "music", "royalty")
QUERIES = 120


@dataclass
class FakePaper:
    """A paper whose runs are whatever a test says they scored.

    Attributes:
        root: Its folder.
        source: Where its corpora come from.
        runs: What each run scored, and names of items that are not `q0, q1, ...`.
    """

    root: Path
    source: str = "synthetic"
    runs: dict[Run, Scored] = field(default_factory=dict)

    def add(
        self,
        corpus: str,
        variant: str,
        seed: int,
        scores: Mapping[str, NDArray[np.float64]],
        names: str = "q",
    ) -> None:
        """Add a run."""
        run = Run(corpus, variant, seed)
        items = {
            key.rpartition("|")[0]: [f"{names}{place}" for place in range(len(values))]
            for key, values in scores.items()
        }
        self.runs[run] = Scored(run, scores, items)

    def results(self) -> Results:
        """Write scores, metrics and `run.json` of all runs; return how they are read."""
        folder = PaperFolder(self.root)
        corpora = list(dict.fromkeys(run.corpus for run in self.runs))
        for corpus in corpora:
            own = [scored for run, scored in self.runs.items() if run.corpus == corpus]
            write_scores(folder, corpus, own)
        for run in self.runs:
            write_json(folder.run(run) / "run.json", self._record(run))
        return Results.read(None, folder, corpora)

    def _record(self, run: Run) -> dict[str, object]:
        return {
            "paper": self.root.name,
            "corpus": run.corpus,
            "source": self.source,
            "variant": run.variant,
            "seed": run.seed,
            "commit": "4f1c2a9b7d3e5f60718293a4b5c6d7e8f9012345",
            "dirty": False,
            "config": {"variant": run.variant},
            "inputs": {},
            "versions": {"torch": "2.11.0", "numpy": "2.4.1"},
            "device": "cpu",
            "threads": 1,
            "started": "2026-11-21T10:00:00Z",
            "seconds": 20.5 + run.seed,
            "core_seconds": 36.0,
            "network": {},
        }


@dataclass(frozen=True)
class Tree:
    """Where the parts of the fixture lie, and the runs of its paper."""

    edition: Path
    paper: Path
    claims: Path
    results: Results


def write_claims_file(path: Path, rows: list[dict[str, str]]) -> Path:
    """Write a claims file; columns not given are filled with plain defaults."""
    defaults = dict.fromkeys(COLUMNS, "") | {
        "statement": "left is better",
        "corpus": "wikipedia",
        "task": "image_to_text",
        "protocol": "test/all/average",
        "metric": "map",
        "relation": ">",
        "margin": "0",
        "status": "testable",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**defaults, **row} for row in rows)
    return path


def hashing_claims() -> list[dict[str, str]]:
    """Return claims like those of the hashing paper: the order of methods, rises with bits."""
    order = ["ours", "dssah", "ssah", "smfh", "cvh"]
    rows = []
    for corpus in ("wikipedia", "nuswide10k"):
        for task in TASKS:
            where = {"corpus": corpus, "task": task}
            for place, bits in enumerate(BITS):
                for left, right in pairwise(order):
                    known = corpus == "wikipedia" and task == "image_to_text"
                    rows.append(
                        {
                            "claim": f"1.{corpus}.{SHORT[task]}.{bits}.{left}-{right}",
                            "artefact": "table1_wikipedia_image_to_text",
                            "statement": f"{left} finds more than {right} with {bits} bits",
                            **where,
                            "protocol": f"{bits}/test/all/average",
                            "left": left,
                            "right": right,
                            "paper_left": str(REPORTED[left][place]) if known else "",
                            "paper_right": str(REPORTED[right][place]) if known else "",
                        }
                    )
            rows.append(
                {
                    "claim": f"3.{corpus}.{SHORT[task]}.64",
                    "artefact": "fig2_wikipedia_text_to_image",
                    "statement": "ours gains at least .040 over dssah with 64 bits",
                    **where,
                    "protocol": "64/test/all/average",
                    "left": "ours",
                    "right": "dssah",
                    "margin": "0.04",
                }
            )
    rows.append(
        {
            "claim": "2.wikipedia.i2t.smfh",
            "artefact": "table1_wikipedia_image_to_text",
            "statement": "smfh finds more with 16 bits than with 64",
            "protocol": "16/test/all/average",
            "left": "smfh",
            "right": "smfh@64/test/all/average",
        }
    )
    rows.append(
        {
            "claim": "4.labels",
            "statement": "the method needs less labelling",
            **dict.fromkeys(("corpus", "task", "protocol", "metric"), ""),
            "relation": "",
            "margin": "",
            "status": "not testable",
            "note": "the algorithm is trained with all labels",
        }
    )
    return rows


def make_results(folder: Path, *, source: str = "synthetic", artefacts: bool = True) -> Tree:
    """Write an edition in which Wikipedia ran, NUS-WIDE did not, and a second paper never ran."""
    edition = folder / "results" / "demo"
    paper = FakePaper(edition / "hashing", source)
    for method, level in LEVELS.items():
        for seed in range(3):
            scores: dict[str, np.ndarray] = {}
            for bits in BITS:
                rng = np.random.default_rng([seed, bits, round(1000 * level)])
                hard = np.random.default_rng(0).normal(0, 0.08, QUERIES)
                scores |= {
                    f"{task}|{bits}/{protocol}|map": np.clip(
                        level + bits / 4000 + hard + rng.normal(0, 0.03, QUERIES), 0, 1
                    )
                    for task in TASKS
                    for protocol in PROTOCOLS
                }
            paper.add("wikipedia", method, seed, scores)
    results = paper.results()
    claims = write_claims_file(folder / "config" / "claims" / "hashing.csv", hashing_claims())
    write_claims(claims, results, paper.root / "claims.csv")
    join_claims([paper.root / "claims.csv"], edition / "claims.csv")
    write_corpus(edition / "corpora" / "wikipedia")
    if artefacts:
        write_artefacts(results.first)
    return Tree(edition, paper.root, claims, results)


def write_corpus(folder: Path) -> None:
    """Write a manifest and a contact sheet of plain colours."""
    lines = ["clip,split,label,person,source,start_s,end_s,image,text"]
    for row in range(400):
        split = "train" if row % 4 else "test"
        lines.append(f"c{row},{split},{CLASSES[row % len(CLASSES)]},,article{row // 2},,,,")
    write_text(folder / "manifest.csv", "\n".join(lines) + "\n")
    sheet = np.zeros((160, 640, 3), dtype=np.uint8)
    for place in range(len(CLASSES)):
        sheet[:, 80 * place : 80 * (place + 1)] = (30 * place, 200 - 20 * place, 120)
    cv2.imwrite(str(folder / "contact_sheet.jpg"), sheet)


def cells() -> pd.DataFrame:
    """Return the paper's table for Wikipedia, image to text."""
    return pd.DataFrame(
        [
            {"method": method, "bits": bits, "variant": method, "paper": value}
            for method, values in REPORTED.items()
            for bits, value in zip(BITS, values, strict=True)
        ]
    )


def write_artefacts(results: CorpusResults) -> None:
    """Write one table and one figure of the hashing paper through the real writers."""
    keys = [f"image_to_text|{bits}/test/all/average|map" for bits in cells()["bits"]]
    frame = comparison(results, keys, cells())
    write_table(
        frame.drop(columns="variant"),
        results.folder.artefact("table", "table1_wikipedia_image_to_text"),
        title="Wikipedia, image to text",
        note="Protocol: test/all/average.",
        source=results.source,
    )
    fig, axes = figure("double", columns=2, sharey=True)
    for method, look in looks(list(LEVELS)).items():
        own = frame[frame["method"] == method]
        axes[0, 0].plot(own["bits"], own["ours"], label=method, **look.line())
        axes[0, 1].bar(method, own["ours"].iloc[-1], **look.bar())
    axes[0, 0].set_xlabel(axis_label("code length", unit="bit"))
    axes[0, 0].set_ylabel(axis_label("mean average precision", n=QUERIES))
    axes[0, 0].set_xticks(BITS)
    axes[0, 0].legend(ncols=2)
    axes[0, 0].set_title("By code length")
    axes[0, 1].set_title("At 64 bits")
    stem = results.folder.artefact("figure", "fig2_wikipedia_text_to_image")
    save(fig, stem, source=results.source, runs=results.read_from(*LEVELS))


def pages() -> list[PaperPage]:
    """Return the pages of a paper that ran and of one that did not."""
    hashing = PaperPage(
        id="hashing",
        title="Cross-modal semantic matching and hashing",
        citation="R. Radhakrishnan. Cross-modal semantic matching and hashing.",
        artefacts={
            "table1_wikipedia_image_to_text": Artefact(
                kind="table",
                title="Table 1: Wikipedia, image to text",
                caption="Mean average precision against the test set, all ranks, ties averaged.",
            ),
            "fig2_wikipedia_text_to_image": Artefact(
                kind="figure",
                title="Figure 2: Wikipedia, text to image",
                caption="Mean average precision by code length; the numbers are in table 1.",
            ),
            "table2_nuswide": Artefact(
                kind="table", title="Table 2: NUS-WIDE-10K", caption="Image to text."
            ),
        },
        deviations=["DSSAH is published nowhere; ours is SSAH with deeper networks."],
        missing=["Everything on NUS-WIDE-10K: the corpus is not at hand."],
    )
    captions = PaperPage(
        id="captions",
        title="Spoken captions and images",
        citation="No. One. Spoken captions.",
        artefacts={
            "fig1_recall": Artefact(
                kind="figure", title="Figure 1: Recall", caption="Recall at 10."
            )
        },
    )
    return [hashing, captions]
