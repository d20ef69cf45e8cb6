"""How much training the settings ask for, for `crossmodal plan`."""

from __future__ import annotations

from collections.abc import Mapping

from crossmodal.costs import Work
from crossmodal.papers.captions.settings import PaperSettings


def work(
    settings: PaperSettings, corpus: str, seeds: list[int], examples: Mapping[str, int]
) -> list[Work]:
    """Return the work of all trainings on a corpus; `examples`: captions by split."""
    return [
        Work(
            corpus,
            name,
            "train",
            settings.run_settings(name).epochs * examples["train"] * len(seeds),
            len(seeds),
        )
        for name in settings.families
    ]
