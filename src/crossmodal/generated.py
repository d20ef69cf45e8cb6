"""The files under `config/` and `workflow/schemas/` that are generated from settings models."""

from __future__ import annotations

from pathlib import Path

from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.config import Edition, WorkflowSettings, default_file, schema_file
from crossmodal.corpora.registry import Registry
from crossmodal.errors import InputError
from crossmodal.files import write_text
from crossmodal.papers.captions.settings import PaperSettings as CaptionsSettings
from crossmodal.papers.cmcgan.settings import PaperSettings as CmcganSettings
from crossmodal.papers.facevoice.settings import PaperSettings as FacevoiceSettings
from crossmodal.papers.hashing.settings import PaperSettings as HashingSettings
from crossmodal.papers.msvae.settings import PaperSettings as MsvaeSettings


def generated_files() -> dict[Path, str]:
    """Return every generated file's path, from the project's root, and its text."""
    schemas = Path("workflow/schemas")
    return {
        Path("config/config.yaml"): default_file(WorkflowSettings, "What to run."),
        schemas / "config.schema.json": schema_file(WorkflowSettings),
        schemas / "edition.schema.json": schema_file(Edition),
        schemas / "corpora.schema.json": schema_file(Registry),
        schemas / "benchmark.schema.json": schema_file(BenchmarkSettings),
        schemas / "captions.schema.json": schema_file(CaptionsSettings),
        schemas / "cmcgan.schema.json": schema_file(CmcganSettings),
        schemas / "facevoice.schema.json": schema_file(FacevoiceSettings),
        schemas / "hashing.schema.json": schema_file(HashingSettings),
        schemas / "msvae.schema.json": schema_file(MsvaeSettings),
    }


def write_generated(root: Path) -> None:
    """Write all generated files below the project's root."""
    for path, text in generated_files().items():
        write_text(root / path, text)


def drifted(root: Path) -> list[Path]:
    """Return the generated files that are missing or differ from what would be written."""
    return [
        path
        for path, text in generated_files().items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def check_generated(root: Path) -> None:
    """Raise InputError for the first generated file that has drifted."""
    for path in drifted(root):
        raise InputError(
            "differs from the settings models", file=path, mend="Run: crossmodal config"
        )
