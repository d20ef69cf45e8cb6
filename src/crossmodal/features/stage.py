"""The feature stage: a manifest, and what it lists, in; feature files out.

How the features of a corpus or of a kind of windows are made stands in the module of its name in
`crossmodal.features.makers`: `NAMES`, and `write(source, names)`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from crossmodal.corpora.manifest import read_manifest
from crossmodal.errors import InputError
from crossmodal.features import makers
from crossmodal.features.source import Source

Maker = Callable[[Source], None]


def load_maker(made_from: str, names: list[str]) -> Maker:
    """Import what makes some features.

    Each module is imported by name: it needs other libraries than the others, and an edit of one
    shall not rerun the others.

    Args:
        made_from: A corpus of images and texts ("wikipedia", "nuswide10k") or a kind of windows
            ("facevoice", "cmcgan", "msvae", "captions").
        names: Features of `crossmodal.corpora.media.FEATURES`.

    Raises:
        InputError: A name is unknown.
    """
    known = [module.name for module in pkgutil.iter_modules(makers.__path__)]
    if made_from not in known:
        raise InputError(
            f"{made_from} has no feature {names[0]!r}", hint=f"Use {' or '.join(known)}"
        )
    maker = importlib.import_module(f"{makers.__name__}.{made_from}")
    for name in names:
        if name not in maker.NAMES:
            raise InputError(
                f"{made_from} has no feature {name!r}", hint=f"Use {', '.join(maker.NAMES)}"
            )
    return partial(maker.write, names=names)


def write_features(
    made_from: str,
    names: list[str],
    folder: Path,
    manifest: Path,
    out: Path,
    *,
    seed: int,
    published: bool = True,
    weights: Path | None = None,
    threads: int = 1,
) -> None:
    """Write `out/<name>.npy` and `out/<name>.json` for each name.

    Args:
        made_from: As for `load_maker`.
        names: As for `load_maker`.
        manifest: The manifest the rows follow; beside that of windows lie `waves.npy` and
            `pictures.npy`.
        weights: torchvision's VGG16 weights; None trains a small network for `image_deep`.

    Raises:
        InputError: A name is unknown, or the folder cannot give the feature.
    """
    maker = load_maker(made_from, names)
    manifest = Path(manifest)
    maker(
        Source(
            Path(folder),
            read_manifest(manifest),
            manifest.parent,
            Path(out),
            seed,
            published,
            weights,
            threads,
        )
    )
