"""Which reader a corpus has, and what is written of what it reads."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.corpora.leakage import write_tables
from crossmodal.corpora.manifest import write_manifest
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError

# Given by the workflow, not by an edition's settings.
_GIVEN = ("folder", "quarantine", "difficulty")


def read_corpus(
    corpus: str, folder: Path, arguments: Mapping[str, Any]
) -> tuple[pd.DataFrame, Quarantine]:
    """Read a corpus folder in its published layout.

    Returns:
        The manifest, and the clips that were set aside.

    Raises:
        InputError: There is no such reader or argument, or the folder does not fit the layout.
    """
    reader = function_of("crossmodal.corpora", "read", corpus, arguments, "reader")
    quarantine = Quarantine()
    given = {"quarantine": quarantine} if "quarantine" in _parameters(reader) else {}
    return reader(folder, **arguments, **given), quarantine


def write_corpus_manifest(
    corpus: str, folder: Path, arguments: Mapping[str, Any], out: Path
) -> None:
    """Write `manifest.csv`, and beside it what the report says of the corpus.

    `quarantine.csv` lists the clips set aside, `summary.csv` sizes and durations by split,
    `leakage.csv` what stands on both sides of a split. The manifest is written last.

    Args:
        out: The `manifest.csv`.

    Raises:
        InputError: As `read_corpus`.
    """
    manifest, quarantine = read_corpus(corpus, folder, arguments)
    quarantine.write(out.with_name("quarantine.csv"))
    write_tables(manifest, out.parent)
    write_manifest(out, manifest)


def function_of(
    package: str, name: str, corpus: str, arguments: Mapping[str, Any], kind: str
) -> Callable[..., Any]:
    """Return a function of the module named like a corpus, after checking its arguments.

    Args:
        kind: What to call the function: "reader" or "generator".

    Raises:
        InputError: There is no such function or argument.
    """
    try:
        function: Callable[..., Any] = getattr(importlib.import_module(f"{package}.{corpus}"), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise InputError(
            f"there is no {kind} for corpus {corpus!r}",
            file="config/editions",
            field=f"corpora.{corpus}",
            hint="Name a corpus of config/corpora.yaml",
        ) from error
    names = [found for found in _parameters(function) if found not in _GIVEN]
    for given in arguments:
        if given not in names:
            raise InputError(
                f"unknown argument {given!r}",
                file="config/editions",
                field=f"corpora.{corpus}.{kind}",
                hint=f"Known: {', '.join(names)}",
            )
    return function


def _parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)
