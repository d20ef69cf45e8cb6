"""Which windows and features a corpus folder can give, told from the names of its files alone.

The module imports nothing heavy: a workflow may ask while it plans its jobs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crossmodal.config import WindowChoice, WindowSettings
from crossmodal.errors import InputError
from crossmodal.windows import KINDS

WINDOWS: dict[str, tuple[str, ...]] = {
    "the_big_bang_theory": ("facevoice",),
    "sub_urmp": ("cmcgan",),
    "urmp": ("cmcgan",),
    "voxceleb1": ("msvae",),
    "flickr8k_audio": ("captions",),
    "places_audio": ("captions",),
    "av_digits": ("digits", "digit_strings"),
    "folder": ("facevoice",),
}
"""The usual kinds of window of each corpus; one's own videos (`folder`) can give `OWN_WINDOWS`."""

OWN_WINDOWS = ("facevoice", "cmcgan", "msvae")

FEATURES: dict[str, tuple[str, ...]] = {
    "wikipedia": ("image_bow", "text_lda", "image_deep"),
    "nuswide10k": ("image_bow", "text_tags", "image_deep"),
    **{kind: tuple(known.features) for kind, known in KINDS.items()},
}
"""Every feature of each corpus of images and texts, whether or not a given folder can give it, and
of each kind of windows."""


def window_kinds(corpus: str) -> tuple[str, ...]:
    """List the kinds of windows that can be cut from a corpus, the usual ones first."""
    if corpus == "folder":
        return OWN_WINDOWS
    return WINDOWS.get(corpus, ())


def chosen_windows(corpus: str, choice: WindowChoice) -> dict[str, WindowSettings]:
    """Return the windows to cut from a corpus: kind -> settings.

    Args:
        choice: What its edition says; without any kind these are the corpus's usual ones.

    Raises:
        InputError: Windows of a chosen kind cannot be cut from this corpus.
    """
    known = window_kinds(corpus)
    chosen: dict[str, WindowSettings] = {
        kind: settings for kind, settings in choice if settings is not None
    }
    for kind in chosen:
        if kind not in known:
            raise InputError(
                f"no windows of the kind {kind} can be cut from it",
                file="config/editions",
                field=f"corpora.{corpus}.windows",
                hint=f"Choose from: {', '.join(known) or 'none'}",
            )
    if chosen or not known:
        return chosen
    usual: dict[str, dict[str, Any]] = {kind: {} for kind in WINDOWS[corpus]}
    return chosen_windows(corpus, WindowChoice.model_validate(usual))


def has_images(corpus: str, folder: Path) -> bool:
    """Tell whether the folder holds the pictures themselves."""
    return (Path(folder) / {"wikipedia": "images", "nuswide10k": "Flickr"}[corpus]).is_dir()


def available_features(corpus: str, folder: Path) -> list[str]:
    """List the features `crossmodal.features.stage.write_features` can write for a folder.

    Args:
        corpus: "wikipedia" or "nuswide10k".
        folder: A folder in the published layout; it may be incomplete or missing.

    Returns:
        Names in the order of `FEATURES`, empty when the folder gives none.
    """
    folder = Path(folder)
    images = has_images(corpus, folder)
    if corpus == "wikipedia":
        published = (folder / "raw_features.mat").is_file()
        given = {
            "image_bow": published or images,
            "text_lda": published or (folder / "texts").is_dir(),
        }
    else:
        words = folder / "Low_Level_Features" / "BoW_int.dat"
        given = {
            "image_bow": words.is_file() or images,
            "text_tags": (folder / "NUS_WID_Tags" / "AllTags1k.txt").is_file(),
        }
    given["image_deep"] = images
    return [name for name in FEATURES[corpus] if given[name]]
