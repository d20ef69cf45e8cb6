"""What the workflow must know to plan the benchmark's jobs; nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass

from crossmodal.benchmark.settings import BenchmarkSettings

RUN_FILES = ("checkpoint.pt", "history.csv", "run.json", "scores.npz", "metrics.csv")


@dataclass(frozen=True)
class TaskPlan:
    """The jobs of one task.

    Attributes:
        settings: The benchmark's settings.
        task: Name of the task.
        seeds: One run each.
        corpora: `results/<edition>/corpora`.
        results: `results/<edition>/benchmark`.
    """

    settings: BenchmarkSettings
    task: str
    seeds: list[int]
    corpora: str
    results: str

    def jobs(self) -> list[list[str]]:
        """Deal the methods of the task to its jobs, in turn."""
        methods = self.settings.methods_for(self.task)
        count = min(self.settings.jobs, len(methods))
        return [methods[job::count] for job in range(count)]

    def inputs(self) -> list[str]:
        """Return manifest and arrays that the task reads, the manifest first."""
        task = self.settings.definitions[self.task]
        folder = f"{self.corpora}/{task.corpus}"
        if task.windows is not None:
            folder += f"/{task.windows}"
        files = ["manifest.csv", f"{task.picture}.npy", f"{task.sound}.npy"]
        if task.sound == "waves":
            files.append("waves.json")
        return [f"{folder}/{file}" for file in files]

    def runs(self, methods: list[str]) -> list[str]:
        """Return the run folders of some methods."""
        return [
            f"{self.results}/runs/{self.task}/{method}/seed{seed}"
            for method in methods
            for seed in self.seeds
        ]

    def tunings(self, methods: list[str]) -> list[str]:
        """Return the tables of what was tried for some methods."""
        return [f"{self.results}/tuning/{self.task}/{method}.csv" for method in methods]
