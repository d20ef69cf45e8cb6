"""The margin, chosen by the area under the modified curve of validation pairs."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from crossmodal.jobs import SearchJob
from crossmodal.metrics.verification import auc
from crossmodal.papers.facevoice.data import draw_split, load_windows
from crossmodal.papers.facevoice.evaluate import score_pairs
from crossmodal.papers.facevoice.train import train_adversarial, train_matching
from crossmodal.progress import progress


def tune(job: SearchJob) -> pd.DataFrame:
    """Train the variant that is searched with, once a margin, and score validation pairs.

    Returns:
        A row a margin: `variant, margin, auc_identified, auc, chosen`, areas being means over the
        search's seeds.
    """
    (variant,) = job.variants
    resolved, tuning = partial(job.settings.resolved, variant), job.settings.tuning
    windows = load_windows(resolved(), job.corpus_results).to(job.device)
    split = draw_split(windows, resolved(), job.settings.pairs)
    early = split.train.first(job.settings.pairs.first_phase(len(split.train)))
    rows = []
    for seed in progress(tuning.seeds, title=f"{job.name} on {job.corpus}", unit="training"):
        first = None
        for margin in tuning.margins:
            areas = job.tried.tried(seed, margin)
            if areas is None:
                keep = job.tried.resume
                first = first or train_adversarial(
                    windows, early, resolved(), seed, keep("first", seed)
                )
                network, _ = train_matching(
                    *(first, windows, split.train, resolved(margin=margin), seed),
                    keep("second", seed, margin),
                )
                found = score_pairs(network, windows, split.validation)
                pair = found.similarity, found.matched
                areas = [auc(*pair, found.identified["concatenated"]), auc(*pair)]
                job.tried.keep(areas, seed, margin)
            rows.append((margin, *areas))
    frame = pd.DataFrame(rows, columns=["margin", "auc_identified", "auc"])
    frame = frame.groupby("margin", as_index=False).mean()
    frame["chosen"] = (frame.index == int(np.argmax(frame["auc_identified"]))).astype(int)
    frame.insert(0, "variant", variant)
    return frame
