"""The files generated from settings: default settings, JSON schemas, captions for Snakemake."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from crossmodal.benchmark.settings import BenchmarkSettings
from crossmodal.config import (
    Artefact,
    Edition,
    WorkflowSettings,
    default_file,
    read_yaml,
    schema_file,
)
from crossmodal.corpora.registry import Registry
from crossmodal.errors import InputError
from crossmodal.files import write_text
from crossmodal.papers.captions.settings import PaperSettings as CaptionsSettings
from crossmodal.papers.cmcgan.settings import PaperSettings as CmcganSettings
from crossmodal.papers.facevoice.settings import PaperSettings as FacevoiceSettings
from crossmodal.papers.hashing.settings import PaperSettings as HashingSettings
from crossmodal.papers.msvae.settings import PaperSettings as MsvaeSettings


def generated_files(root: Path) -> dict[Path, str]:
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
        **_captions(root / "config"),
    }


def _captions(settings: Path) -> dict[Path, str]:
    """Return the captions of all artefacts as Snakemake's report reads them."""
    return {
        Path("workflow/report") / path.stem / f"{name}.rst": _restructured(artefact)
        for path in sorted([*settings.glob("papers/*.yaml"), *settings.glob("benchmark.yaml")])
        for name, artefact in read_yaml(path).get("artefacts", {}).items()
    }


def _restructured(entry: dict[str, str]) -> str:
    """Write an artefact's title and caption as reStructuredText, words in backticks as literals."""
    artefact = Artefact.model_validate(entry)
    parts = artefact.caption.split("`")
    marked = [
        f"``{part}``" if place % 2 else re.sub(r"([\\*_|])", r"\\\1", part)
        for place, part in enumerate(parts)
    ]
    caption = textwrap.fill("".join(marked), 96, break_on_hyphens=False)
    return f"**{artefact.title}**\n\n{caption}\n"


def write_generated(root: Path) -> None:
    """Write all generated files below the project's root."""
    for path, text in generated_files(root).items():
        write_text(root / path, text)


def drifted(root: Path) -> list[Path]:
    """Return the generated files that are missing or differ from what would be written."""
    return [
        path
        for path, text in generated_files(root).items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def check_generated(root: Path) -> None:
    """Raise InputError for the first generated file that has drifted."""
    for path in drifted(root):
        raise InputError(
            "differs from the settings models", file=path, hint="Run: crossmodal config"
        )
