"""One edition as it is run here: settings, folders, and which corpora are at hand.

The workflow builds it from Snakemake's configuration and leaves it as `results/<edition>/run.yaml`;
every command reads it from there, so that a printed command means the same when it is typed.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossmodal.config import (
    BENCHMARK,
    CONFIG,
    CorpusChoice,
    Edition,
    WindowSettings,
    WorkflowSettings,
    known_papers,
    load_edition,
    load_workflow,
    overlay,
    read_yaml,
    resolve,
    validate,
)
from crossmodal.corpora.media import FEATURES, available_features, chosen_windows
from crossmodal.corpora.registry import Registry, absences, availability, load_registry
from crossmodal.errors import InputError
from crossmodal.own_videos.entry import CORPUS as OWN_CORPUS
from crossmodal.own_videos.entry import Entry, load_entry, own_folder
from crossmodal.papers.plan import CorpusAtHand, Plan
from crossmodal.runs import PaperFolder

if TYPE_CHECKING:
    from crossmodal.benchmark.settings import BenchmarkSettings

VGG16 = Path("vgg16/download/vgg16-397923af.pth")
"""Where VGG16's weights lie below the data folder, if they do."""


@dataclass(frozen=True)
class ResultsFolder:
    """`results/<edition>`, where everything of an edition is computed."""

    root: Path

    def corpus(self, corpus: str, windows: str | None = None) -> Path:
        """Return the folder of a corpus's manifest and features, or of its windows of a kind."""
        folder = self.root / "corpora" / corpus
        return folder if windows is None else folder / windows

    def paper(self, paper: str) -> PaperFolder:
        """Return the folder of a paper, or of the benchmark."""
        return PaperFolder(self.root / paper)


@dataclass(frozen=True, eq=False)
class Workspace:
    """An edition as it is run here.

    Attributes:
        settings: What to run.
        missing: Corpora of the edition that cannot be had, and why.
        incomplete: Corpora at hand that lack a part, and which.
        config: The settings folder.
    """

    settings: WorkflowSettings
    missing: Mapping[str, str]
    incomplete: Mapping[str, list[str]]
    config: Path = CONFIG

    @classmethod
    def of(cls, values: Mapping[str, Any], config: Path = CONFIG) -> Workspace:
        """Look at settings and files, never at the network, and decide what can be run.

        Args:
            values: `config.yaml` with what the command line lays over it.

        Raises:
            InputError: The settings are wrong, or no corpus is at hand.
        """
        settings = load_workflow(values, config)
        asked = cls(settings, {}, {}, config)
        reasons = {name: asked._lack(name) for name in asked.wanted}
        missing = {name: reason for name, reason in reasons.items() if reason is not None}
        if len(missing) == len(reasons):
            raise InputError(
                "no corpus is at hand: " + "; ".join(f"{n}: {r}" for n, r in missing.items()),
                file=config / "editions" / f"{settings.edition}.yaml",
                field="corpora",
                hint="Bring one, or name a mirror: --config mirror=FOLDER",
            )
        parts = {name: asked._absent(name) for name in asked.wanted if name not in missing}
        return cls(settings, missing, {name: lack for name, lack in parts.items() if lack}, config)

    @classmethod
    def read(cls, path: Path) -> Workspace:
        """Read what `as_dict` gave from a file.

        Raises:
            InputError: It is missing or does not fit.
        """
        values = read_yaml(path)
        settings = validate(WorkflowSettings, values.get("settings", {}), path)
        return cls(settings, values.get("missing", {}), values.get("incomplete", {}))

    def as_dict(self) -> dict[str, Any]:
        """Return everything that commands need to know, as plain values."""
        settings = self.settings.model_dump(exclude_defaults=True)
        return {
            "settings": settings,
            "missing": dict(self.missing),
            "incomplete": dict(self.incomplete),
        }

    # Settings

    @cached_property
    def edition(self) -> Edition:
        """The edition's file."""
        return load_edition(self.settings.edition, self.config)

    @cached_property
    def registry(self) -> Registry:
        """Every corpus that can be downloaded."""
        return load_registry(self.config / "corpora.yaml")

    @cached_property
    def own(self) -> Entry | None:
        """A corpus of one's own, which the edition of that name is about; None in all others."""
        return None if self.settings.corpus is None else load_entry(self.settings)

    @property
    def seeds(self) -> list[int]:
        """Of every training."""
        return self.settings.seeds or self.edition.seeds

    @cached_property
    def overrides(self) -> dict[str, Any]:
        """Paper or benchmark -> settings laid over its file."""
        return overlay({} if self.own is None else self.own.settings, self.settings.overrides)

    @cached_property
    def papers(self) -> list[str]:
        """Papers to regenerate, by name."""
        asked = self.settings.papers or known_papers(self.config)
        return [paper for paper in asked if self.own is None or paper in self.own.papers]

    def paper_settings(self, paper: str) -> Any:
        """Resolve the settings of a paper.

        Raises:
            InputError: There is no such paper, or its settings are wrong.
        """
        if paper not in (known := known_papers(self.config)):
            hint = f"Choose from: {', '.join(known)}"
            raise InputError(f"there is no paper {paper!r}", hint=hint)
        model = importlib.import_module(f"crossmodal.papers.{paper}.settings").PaperSettings
        overrides = self.overrides.get(paper, {})
        return resolve(model, paper, self.edition, overrides, self.config)

    @cached_property
    def benchmark(self) -> BenchmarkSettings:
        """The settings of the benchmark."""
        from crossmodal.benchmark.settings import BenchmarkSettings

        overrides = self.overrides.get(BENCHMARK, {})
        return resolve(BenchmarkSettings, BENCHMARK, self.edition, overrides, self.config)

    # Folders

    @cached_property
    def place(self) -> str:
        """Name of the edition's folder below results, logs and benchmarks."""
        return self.settings.edition + ("" if self.own is None else f"/{self.own.name}")

    @cached_property
    def results(self) -> ResultsFolder:
        """Where results go."""
        return ResultsFolder(Path(self.settings.results) / self.place)

    # Corpora

    @cached_property
    def wanted(self) -> list[str]:
        """Corpora of the edition and of its papers, by name."""
        of_papers = (name for paper in self.papers for name in self.paper_settings(paper).corpora)
        return sorted({*self.edition.corpora, *of_papers})

    @cached_property
    def corpora(self) -> list[str]:
        """Corpora at hand, by name."""
        return [name for name in self.wanted if name not in self.missing]

    def choice(self, corpus: str) -> CorpusChoice:
        """Return where a corpus comes from and what is cut from it.

        Raises:
            InputError: The edition has no entry for it.
        """
        if corpus not in self.edition.corpora:
            raise InputError(
                f"there is no corpus {corpus!r}",
                file=self.config / "editions" / f"{self.settings.edition}.yaml",
                field="corpora",
                hint=f"Choose from: {', '.join(self.edition.corpora)}",
            )
        return self.edition.corpora[corpus]

    def source(self, corpus: str) -> str:
        """Return synthetic, download or own."""
        return self.choice(corpus).source

    def corpus_folder(self, corpus: str) -> Path:
        """Return where a corpus lies: a stand-in by edition, because editions differ in size."""
        data = Path(self.settings.data)
        if self.own is not None and corpus == OWN_CORPUS:
            return own_folder(data, self.own.name)
        source = self.source(corpus)
        name = f"synthetic-{self.settings.edition}" if source == "synthetic" else source
        return data / corpus / name

    @cache  # noqa: B019, a workspace lives as long as its process
    def windows(self, corpus: str) -> dict[str, WindowSettings]:
        """Return kind -> settings of the windows that are cut from a corpus."""
        chosen = chosen_windows(corpus, self.choice(corpus).windows)
        if self.own is None or corpus != OWN_CORPUS:
            return chosen
        return {kind: settings for kind, settings in chosen.items() if kind in self.own.papers}

    def features(self, corpus: str, windows: str | None = None) -> list[str]:
        """Return the features that are made of a corpus, or of its windows of a kind."""
        if windows is not None:
            return list(FEATURES[windows])
        choice = self.choice(corpus)
        if choice.source == "own" and corpus in FEATURES:
            return available_features(corpus, self.corpus_folder(corpus))
        pictures = choice.source == "synthetic" or "media" in choice.parts
        known = FEATURES.get(corpus, ())
        return [name for name in known if pictures or name != "image_deep"]

    def shard(self, corpus: str, windows: str, number: int) -> Path:
        """Return the folder of a shard of an alignment."""
        name = f"{number}-of-{self.choice(corpus).shards}"
        return self.results.corpus(corpus, windows) / "shards" / name

    def feature_files(self, corpus: str, windows: str | None, arrays: list[str]) -> list[Path]:
        """Return a manifest and arrays that are row-aligned with it."""
        folder = self.results.corpus(corpus, windows)
        return [folder / name for name in ("manifest.csv", *(f"{name}.npy" for name in arrays))]

    def vgg16(self, corpus: str) -> Path | None:
        """Return VGG16's weights where they are at hand and real pictures are to be described."""
        path = Path(self.settings.data) / VGG16
        return path if self.source(corpus) != "synthetic" and path.is_file() else None

    def _lack(self, corpus: str) -> str | None:
        choice = self.edition.corpora.get(corpus)
        if choice is None:
            return f"the edition {self.settings.edition} has no entry for it in its file"
        if choice.source != "download":
            return None
        entry, folder = self.registry.corpus(corpus), self.corpus_folder(corpus)
        return availability(entry, folder, self.settings.mirror, also=choice.parts)

    def _absent(self, corpus: str) -> list[str]:
        choice = self.edition.corpora[corpus]
        if choice.source != "download":
            return []
        entry, folder = self.registry.corpus(corpus), self.corpus_folder(corpus)
        return absences(entry, folder, self.settings.mirror, also=choice.parts)

    # Papers

    @cache  # noqa: B019
    def plan(self, paper: str) -> Plan:
        """Return the runs of a paper."""
        at_hand = {
            name: CorpusAtHand(
                name,
                self.corpus_folder(name),
                self.choice(name),
                tuple(self.windows(name)),
                tuple(self.features(name)),
            )
            for name in self.corpora
        }
        room = importlib.import_module(f"crossmodal.papers.{paper}.plan")
        plan: Plan = room.Plan(paper, self.paper_settings(paper), self.seeds, at_hand)
        return plan

    @cached_property
    def tasks(self) -> list[str]:
        """Tasks of the benchmark whose corpus and windows are at hand."""
        found = []
        for name in self.benchmark.tasks:
            task = self.benchmark.definitions[name]
            if task.corpus in self.corpora and task.windows in (None, *self.windows(task.corpus)):
                found.append(name)
        return found

    def title(self, paper: str) -> str:
        """Return the title of a paper, or of the benchmark."""
        room = BENCHMARK if paper == BENCHMARK else f"papers.{paper}"
        title: str = importlib.import_module(f"crossmodal.{room}").TITLE
        return title
