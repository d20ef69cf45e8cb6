"""Which generator writes a corpus's stand-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from crossmodal.corpora.readers import choose_function
from crossmodal_standins import (
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
from crossmodal_standins import folder as own_folder

GENERATORS: dict[str, Callable[..., None]] = {
    "wikipedia": wikipedia.synthesize,
    "nuswide10k": nuswide10k.synthesize,
    "the_big_bang_theory": the_big_bang_theory.synthesize,
    "voxceleb1": voxceleb1.synthesize,
    "urmp": urmp.synthesize,
    "sub_urmp": sub_urmp.synthesize,
    "flickr8k_audio": flickr8k_audio.synthesize,
    "places_audio": places_audio.synthesize,
    "av_digits": av_digits.synthesize,
    "folder": own_folder.synthesize,
}


def write_stand_in(corpus: str, folder: Path, arguments: Mapping[str, Any]) -> None:
    """Write a corpus's stand-in in the published layout.

    Args:
        corpus: Name of the corpus.
        folder: Where it goes.
        arguments: Size and seed, from the edition's settings.

    Raises:
        InputError: There is no such stand-in or argument.
    """
    choose_function(GENERATORS, corpus, arguments, "generator")(folder, **arguments)
