"""How much training the settings ask for, for `crossmodal plan`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from crossmodal.costs import Work
from crossmodal.papers.hashing.plan import LINEAR
from crossmodal.papers.hashing.settings import PaperSettings


def work(
    settings: PaperSettings, corpus: str, seeds: list[int], examples: Mapping[str, int]
) -> list[Work]:
    """Return the work of search and trainings on a corpus; `examples`: pairs by split.

    A method without a network takes every pair once. Where the search decides about epochs,
    trainings have as many as it tries at most. Variants with a feature that the corpus
    may lack count too.
    """
    held = 0 if examples["validation"] else settings.tuning.validation_share
    fitting, found = round((1 - held) * examples["train"]), []
    for name, entry in settings.families.items():
        search = settings.search.get(entry.method, {})
        tried = search.get("epochs", [settings.method_settings(name).epochs])
        if entry.method in LINEAR:
            tried = [1]
        others = math.prod(len(values) for key, values in search.items() if key != "epochs")
        runs = len(list(settings.variants(name))) * len(seeds)
        searched = sum(tried) * others * fitting
        trained = max(tried) * runs * examples["train"]
        found.append(Work(corpus, name, "train", searched + trained, runs))
    return found
