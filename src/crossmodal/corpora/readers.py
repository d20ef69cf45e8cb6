"""Which reader a corpus has, and what is written of what it reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.corpora import (
    av_digits,
    flickr8k_audio,
    nuswide10k,
    places_audio,
    sub_urmp,
    the_big_bang_theory,
    urmp,
    voxceleb1,
    wikipedia,
)
from crossmodal.corpora import folder as own_folder
from crossmodal.corpora.leakage import write_tables
from crossmodal.corpora.manifest import write_manifest
from crossmodal.corpora.quarantine import Quarantine
from crossmodal.errors import InputError

READERS: dict[str, Callable[..., pd.DataFrame]] = {
    "wikipedia": wikipedia.read,
    "nuswide10k": nuswide10k.read,
    "the_big_bang_theory": the_big_bang_theory.read,
    "urmp": urmp.read,
    "sub_urmp": sub_urmp.read,
    "flickr8k_audio": flickr8k_audio.read,
    "places_audio": places_audio.read,
    "voxceleb1": voxceleb1.read,
    "av_digits": av_digits.read,
    "folder": own_folder.read,
}
# Given by the workflow, not by an edition's settings.
_GIVEN = ("folder", "quarantine", "difficulty")


def read_corpus(
    corpus: str, folder: Path, arguments: Mapping[str, Any]
) -> tuple[pd.DataFrame, Quarantine]:
    """Read a corpus folder in its published layout.

    Args:
        corpus: Name of the corpus.
        folder: Where it lies.
        arguments: Further arguments of its reader, from the edition's settings.

    Returns:
        The manifest, and the clips that were set aside.

    Raises:
        InputError: There is no such reader or argument, or the folder does not fit the layout.
    """
    reader = choose_function(READERS, corpus, arguments, "reader")
    quarantine = Quarantine()
    given = {"quarantine": quarantine} if "quarantine" in _parameters(reader) else {}
    return reader(folder, **arguments, **given), quarantine


def write_corpus_manifest(
    corpus: str, folder: Path, arguments: Mapping[str, Any], out: Path
) -> None:
    """Write `manifest.csv`, and beside it what the report says of the corpus.

    `quarantine.csv` lists the clips set aside, `sheet.csv` sizes and durations by split,
    `leakage.csv` what stands on both sides of a split. The manifest is written last.

    Args:
        corpus: Name of the corpus.
        folder: Where it lies.
        arguments: Further arguments of its reader.
        out: The `manifest.csv`.

    Raises:
        InputError: As `read_corpus`.
    """
    manifest, quarantine = read_corpus(corpus, folder, arguments)
    quarantine.write(out.with_name("quarantine.csv"))
    write_tables(manifest, out.parent)
    write_manifest(out, manifest)


def choose_function(
    functions: Mapping[str, Callable[..., Any]],
    corpus: str,
    arguments: Mapping[str, Any],
    kind: str,
) -> Callable[..., Any]:
    """Return a corpus's function after checking that it knows the arguments.

    Raises:
        InputError: There is no such function or argument.
    """
    if corpus not in functions:
        raise InputError(
            f"there is no {kind} for corpus {corpus!r}",
            file="config/editions",
            field=f"corpora.{corpus}",
            mend=f"Choose one of: {', '.join(functions)}",
        )
    function = functions[corpus]
    names = [name for name in _parameters(function) if name not in _GIVEN]
    for name in arguments:
        if name not in names:
            raise InputError(
                f"unknown argument {name!r}",
                file="config/editions",
                field=f"corpora.{corpus}.{kind}",
                mend=f"Known: {', '.join(names)}",
            )
    return function


def _parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)
