"""What a task of the benchmark reads; nothing heavy is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crossmodal.benchmark.settings import BenchmarkSettings

if TYPE_CHECKING:
    from crossmodal.workspace import ResultsFolder


def task_folder(settings: BenchmarkSettings, task: str, results: ResultsFolder) -> Path:
    """Return the folder of the manifest and the arrays of a task."""
    definition = settings.definitions[task]
    return results.corpus(definition.corpus, definition.windows)


def arrays_of(settings: BenchmarkSettings, task: str) -> list[str]:
    """Return the arrays that a task reads, by name."""
    definition = settings.definitions[task]
    return [definition.picture, definition.sound]
