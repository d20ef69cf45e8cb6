"""Which reader a corpus has."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.corpora import nuswide10k, wikipedia
from crossmodal.corpora.manifest import write_manifest
from crossmodal.errors import InputError

READERS: dict[str, Callable[..., pd.DataFrame]] = {
    "wikipedia": wikipedia.read,
    "nuswide10k": nuswide10k.read,
}


def read_corpus(corpus: str, folder: Path, arguments: Mapping[str, Any]) -> pd.DataFrame:
    """Read a corpus folder in its published layout into a manifest.

    Args:
        corpus: Name of the corpus.
        folder: Where it lies.
        arguments: Further arguments of its reader, from the edition's settings.

    Raises:
        InputError: There is no such reader or argument, or the folder does not fit the layout.
    """
    reader = choose_function(READERS, corpus, arguments, "reader")
    return reader(folder, **arguments)  # type: ignore[no-any-return]


def write_corpus_manifest(
    corpus: str, folder: Path, arguments: Mapping[str, Any], out: Path
) -> None:
    """Read a corpus folder and write its manifest; raises as `read_corpus`."""
    write_manifest(out, read_corpus(corpus, folder, arguments))


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
    names = [name for name in inspect.signature(function).parameters if name != "folder"]
    for name in arguments:
        if name not in names:
            raise InputError(
                f"unknown argument {name!r}",
                file="config/editions",
                field=f"corpora.{corpus}.{kind}",
                mend=f"Known: {', '.join(names)}",
            )
    return function
