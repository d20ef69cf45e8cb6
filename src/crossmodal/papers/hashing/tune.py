"""The hyper-parameter search, on training pairs alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossmodal.devices import choose_device
from crossmodal.digest import source_digest
from crossmodal.jobs import Circumstances, Search
from crossmodal.papers.hashing.data import feature_files, hold_out, load_parts
from crossmodal.papers.hashing.plan import LINEAR
from crossmodal.papers.hashing.ranking import TASKS, mean_average_precision
from crossmodal.papers.hashing.settings import Method, PaperSettings
from crossmodal.papers.hashing.train import DISTRIBUTIONS, train
from crossmodal.progress import progress
from crossmodal.runs import write_csv


def candidates(search: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield all combinations of the values to try; one empty one where nothing is searched."""
    names = list(search)
    for values in itertools.product(*search.values()):
        yield dict(zip(names, values, strict=True))


def tune(
    settings: PaperSettings,
    corpus: str,
    method: Method,
    families: list[str],
    folder: Path,
    out: Path,
    threads: int,
) -> None:
    """Try every combination of the search space on training pairs; write what each reaches.

    Fitted on the training part, scored on the published validation part, or, where there is
    none, on a held-out share of the training part. The test part is never read.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        method: The method whose settings are searched.
        families: Its families; each is searched by itself.
        folder: `results/<edition>/corpora/<corpus>`.
        out: The CSV: `family, <searched settings>, image_to_text, text_to_image, map, chosen`.
        threads: Number of threads on the CPU.
    """
    device = choose_device(threads, gpu=method not in LINEAR)
    under = Circumstances(device, threads, DISTRIBUTIONS, source_digest(__name__))
    tuning = settings.tuning
    files = {
        family: [folder / "manifest.csv", *feature_files(settings, corpus, family, folder)]
        for family in families
    }
    origin = under.origin(sorted({path for paths in files.values() for path in paths}))
    stamp = under.stamp(origin, method=method, tuning=tuning.model_dump())
    search = Search(out, stamp, device)
    jobs = [
        (family, values)
        for family in families
        for values in candidates(settings.search.get(method, {}))
    ]
    rows = []
    for family, values in progress(jobs, title=f"tuning {method} on {corpus}", unit="candidate"):
        bits = None if method == "semantic" else tuning.bits
        chosen = settings.method_settings(family, **values)
        combination = family, [path.name for path in files[family]], chosen.model_dump()
        scores = search.tried(*combination)
        if scores is None:
            parts = load_parts(settings, corpus, family, folder)
            fitting, validation = parts.train, parts.validation
            if not len(validation):
                fitting, validation = hold_out(parts.train, tuning.validation_share, tuning.seed)
            resume = search.resume("state", *combination)
            network, _ = train(method, fitting.to(device), bits, chosen, tuning.seed, resume)
            scores = mean_average_precision(network, validation.to(device), bits, chosen.distance)
            search.keep(scores, *combination)
        rows.append(
            {
                "family": family,
                **values,
                **scores,
                "map": float(np.mean([scores[task] for task in TASKS])),
            }
        )
    frame = pd.DataFrame(rows)
    best = frame.groupby("family")["map"].transform("idxmax")
    write_csv(out, frame.assign(chosen=(frame.index == best).astype(int)))
