"""How much training the settings ask for, for `crossmodal plan`."""

from __future__ import annotations

from collections.abc import Mapping

from crossmodal.costs import Work
from crossmodal.papers.cmcgan.settings import PaperSettings


def work(
    settings: PaperSettings, corpus: str, seeds: list[int], examples: Mapping[str, int]
) -> list[Work]:
    """Return the work of all trainings on a corpus; `examples`: windows by split."""
    found = []
    for name, entry in settings.families.items():
        resolved, runs = settings.model_settings(name), len(seeds[: entry.seeds])
        once = runs * (sum(examples.values()) if resolved.everything else examples["train"])
        if entry.model == "translator":
            found.append(Work(corpus, name, "source", resolved.source_epochs * once, 0))
        found.append(Work(corpus, name, "train", resolved.epochs * once, runs))
    return found
