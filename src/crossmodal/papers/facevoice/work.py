"""How much training the settings ask for, for `crossmodal plan`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from crossmodal.costs import Work
from crossmodal.papers.facevoice.plan import TUNED
from crossmodal.papers.facevoice.settings import PaperSettings


def work(
    settings: PaperSettings, corpus: str, seeds: list[int], _examples: Mapping[str, int]
) -> list[Work]:
    """Return the work of search and trainings; the settings say how many pairs there are."""
    tuning, trios = settings.tuning, settings.pairs.train // 2
    few = max(2, round(settings.pairs.first_phase_share * trios))

    def first(name: str, times: int) -> Work:
        return Work(corpus, name, "first", settings.resolved(name).epochs * few * times, 0)

    def second(name: str, times: int, checkpoints: int) -> Work:
        epochs = settings.resolved(name).matching_epochs
        return Work(corpus, name, "second", epochs * trios * times, checkpoints)

    searched = len(tuning.seeds)
    found = [first(TUNED, searched), second(TUNED, searched * len(tuning.margins), 0)]
    # Variants that differ in the second phase alone share the first.
    shared = {
        json.dumps(settings.resolved(name).first_phase(), sort_keys=True): name
        for name in reversed(settings.families)
    }
    found += [first(name, len(seeds)) for name in shared.values()]
    return found + [second(name, len(seeds), len(seeds)) for name in settings.families]
