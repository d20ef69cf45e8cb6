"""The margin, chosen by the area under the modified curve of validation pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from crossmodal.devices import choose_device
from crossmodal.digest import source_digest
from crossmodal.jobs import Circumstances, Search
from crossmodal.metrics.verification import auc
from crossmodal.papers.facevoice.data import draw_parts, feature_files, load_windows
from crossmodal.papers.facevoice.first_phase import play
from crossmodal.papers.facevoice.scoring import score_pairs
from crossmodal.papers.facevoice.second_phase import match
from crossmodal.papers.facevoice.settings import PaperSettings
from crossmodal.progress import progress
from crossmodal.runs import write_csv

DISTRIBUTIONS = ("numpy", "torch")
METHOD = "margin"
"""What is searched; the name of the table."""


def tune(
    settings: PaperSettings,
    corpus: str,
    method: str,
    families: list[str],
    folder: Path,
    out: Path,
    threads: int,
) -> None:
    """Train one variant with every margin and write what validation says.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus, for the progress bar.
        method: "margin".
        families: The variant to search with, one.
        folder: `results/<edition>/corpora/<corpus>/facevoice`.
        out: The table to write: `family, margin, auc_identified, auc, chosen`, areas being means
            over the search's seeds.
        threads: Number of threads on the CPU.
    """
    (family,) = families
    device = choose_device(threads)
    shared = settings.resolved(family)
    windows = load_windows(shared, folder).to(device)
    parts = draw_parts(windows, shared, settings.pairs)
    few = parts.train.first(max(2, round(settings.pairs.first_phase_share * len(parts.train))))
    under = Circumstances(device, threads, DISTRIBUTIONS, source_digest(__name__))
    origin = under.origin(feature_files(shared, folder))
    stamp = under.stamp(origin, model=shared.model_dump(), pairs=settings.pairs.model_dump())
    search = Search(out, stamp, device)
    margins = settings.tuning.margins
    rows = []
    for seed in progress(settings.tuning.seeds, title=f"{method} on {corpus}", unit="training"):
        first = None
        for margin in margins:
            areas = search.tried(seed, margin)
            if areas is None:
                first = first or play(windows, few, shared, seed, search.resume("first", seed))
                tried = settings.resolved(family, margin=margin)
                second = search.resume("second", seed, margin)
                network, _ = match(first, windows, parts.train, tried, seed, second)
                scored = score_pairs(network, first.face, first.voice, windows, parts.validation)
                pair = scored.similarity, scored.matched
                areas = [auc(*pair, scored.identified["concatenated"]), auc(*pair)]
                search.keep(areas, seed, margin)
            rows.append((margin, *areas))
    frame = pd.DataFrame(rows, columns=["margin", "auc_identified", "auc"])
    frame = frame.groupby("margin", as_index=False).mean()
    frame["chosen"] = (frame.index == int(np.argmax(frame["auc_identified"]))).astype(int)
    frame.insert(0, "family", family)
    write_csv(out, frame)
