"""How much training the settings ask for, for `crossmodal plan`."""

from __future__ import annotations

from collections.abc import Mapping

from crossmodal.costs import Work
from crossmodal.papers.msvae.settings import PaperSettings


def work(
    settings: PaperSettings, corpus: str, seeds: list[int], examples: Mapping[str, int]
) -> list[Work]:
    """Return the work of all trainings on a corpus; `examples`: clips by split."""
    identity, found = settings.identity, []
    for name, entry in settings.families.items():
        method = settings.method_settings(name)
        if entry.split == "identity":
            validation = round(identity.validation * sum(examples.values()))
            train = round((1 - identity.test) * sum(examples.values())) - validation
        else:
            train, validation = examples["train"], examples["validation"]
        # With `keep: last` the validation clips are learned from too.
        clips = train + (validation if method.keep == "last" else 0)
        passes = method.epochs * method.passes * len(seeds)
        found.append(Work(corpus, name, "train", passes * clips, len(seeds)))
    return found
