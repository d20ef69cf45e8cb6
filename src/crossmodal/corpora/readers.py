"""Which reader a corpus has and which generator its stand-in has."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.errors import InputError


def read_corpus(corpus: str, folder: Path, arguments: Mapping[str, Any]) -> pd.DataFrame:
    """Read a corpus folder in its published layout into a manifest.

    Args:
        corpus: Name of the corpus.
        folder: Where it lies.
        arguments: Further arguments of its reader, from the edition's settings.

    Raises:
        InputError: There is no such reader or argument, or the folder does not fit the layout.
    """
    from crossmodal.corpora import nuswide10k, wikipedia

    readers: dict[str, Callable[..., pd.DataFrame]] = {
        "wikipedia": wikipedia.read,
        "nuswide10k": nuswide10k.read,
    }
    reader = _choose(readers, corpus, arguments, "reader")
    return reader(folder, **arguments)  # type: ignore[no-any-return]


def write_stand_in(corpus: str, folder: Path, arguments: Mapping[str, Any]) -> None:
    """Write a corpus's stand-in in the published layout.

    Args:
        corpus: Name of the corpus.
        folder: Where it goes.
        arguments: Size and seed, from the edition's settings.

    Raises:
        InputError: There is no such stand-in or argument.
    """
    from crossmodal.corpora.synthetic import nuswide10k, wikipedia

    generators: dict[str, Callable[..., None]] = {
        "wikipedia": wikipedia.synthesize,
        "nuswide10k": nuswide10k.synthesize,
    }
    _choose(generators, corpus, arguments, "generator")(folder, **arguments)


def _choose(
    functions: Mapping[str, Callable[..., Any]],
    corpus: str,
    arguments: Mapping[str, Any],
    kind: str,
) -> Callable[..., Any]:
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
