"""The hyper-parameter search of a method, on training pairs alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.jobs import SearchJob
from crossmodal.papers.hashing.data import hold_out, load_split
from crossmodal.papers.hashing.evaluate import mean_average_precision
from crossmodal.papers.hashing.settings import PaperSettings
from crossmodal.papers.hashing.train import fit
from crossmodal.progress import progress


def candidates(search: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield all combinations of the values to try; one empty one where nothing is searched."""
    for values in itertools.product(*search.values()):
        yield dict(zip(search, values, strict=True))


def tune(job: SearchJob) -> pd.DataFrame:
    """Try every combination of a method's search space for each of its variants.

    Fitted on the training part, scored on the published validation part, or, where there is
    none, on a held-out share of the training part. The test part is never read.

    Returns:
        A row a variant and combination: `variant, <searched settings>, image_to_text,
        text_to_image, map, chosen`.
    """
    settings: PaperSettings = job.settings
    tuning, rows = settings.tuning, []
    jobs = [
        (name, values) for name in job.variants for values in candidates(settings.searched(name))
    ]
    for variant, values in progress(jobs, title=f"tuning {job.name}", unit="candidate"):
        scores = job.tried.tried(variant, values)
        if scores is None:
            chosen = settings.method_settings(variant, **values)
            split = load_split(settings, job.corpus, variant, job.corpus_results)
            fitting, validation = split.train, split.validation
            if not len(validation):
                fitting, validation = hold_out(split.train, tuning.validation_share, tuning.seed)
            bits = None if job.name == "semantic" else tuning.bits
            resume = job.tried.resume("state", variant, values)
            network, _ = fit(job.name, fitting.to(job.device), bits, chosen, tuning.seed, resume)
            scores = mean_average_precision(
                network, validation.to(job.device), bits, chosen.distance
            )
            job.tried.keep(scores, variant, values)
        rows.append(
            {"variant": variant, **values, **scores, "map": float(np.mean(list(scores.values())))}
        )
    frame = pd.DataFrame(rows)
    best = frame.groupby("variant")["map"].transform("idxmax")
    return frame.assign(chosen=(frame.index == best).astype(int))
