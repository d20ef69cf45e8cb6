"""Features of spoken captions (16 kHz) and of the images they describe."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError
from crossmodal.features.audio import CAPTION, caption_front_ends
from crossmodal.features.source import Source
from crossmodal.features.store import scratch

NAMES = ("caption", "image_deep")
FRAMES = 1024
SAMPLES = FRAMES * CAPTION.mel.hop_samples


def write(source: Source, names: list[str]) -> None:
    """Write `caption`, [n, 40, 1024], and `image_deep`, [n, 4096] or [n, 128].

    Where the images are described by the small network, it goes beside them: `image_deep.pt`.

    Raises:
        InputError: There are no windows of this kind, an image cannot be read, or there are
            neither VGG16's weights nor texts of the captions to train the small network with.
    """
    if "caption" in names:
        _write_captions(source)
    if "image_deep" in names:
        _write_images(source)


def _write_captions(source: Source) -> None:
    waves, samples = source.waves(SAMPLES), source.samples
    settings = {"kind": "captions", **asdict(CAPTION), "frames": FRAMES, "device": source.device}
    with source.create(
        "caption",
        (CAPTION.mel.bands, FRAMES),
        np.float16,
        units="dB relative to the caption's maximum",
        settings=settings,
        libraries=("torch", "torchaudio"),
    ) as out:
        for rows in source.blocks("captions"):
            caption_front_ends(
                waves[rows],
                samples[rows],
                device=source.device,
                threads=source.threads,
                out=out[rows],
            )


def _write_images(source: Source) -> None:
    """Describe every image once, whatever the number of its captions."""
    images = source.media("image")
    places = {image: place for place, image in enumerate(dict.fromkeys(images))}
    of_row = np.array([places[image] for image in images])
    array, settings = _described(source, list(places), of_row)
    with source.create(
        "image_deep",
        array.shape[1:],
        units="activation after ReLU",
        settings={"kind": "captions", "distinct_images": len(places), **settings},
        libraries=("torch", "torchvision", "opencv-python-headless"),
    ) as out:
        for rows in source.blocks("image_deep"):
            out[rows] = array[of_row[rows]]


def _described(
    source: Source, images: list[Path], of_row: NDArray[np.int64]
) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Return the features of distinct images, and how they were made.

    Args:
        images: [m], their files.
        of_row: [n], each row's image.
    """
    # torchvision takes a second to load and only this feature needs it
    from crossmodal.features.deep import FC7, deep_settings, small_network, vgg16_fc7

    settings = deep_settings(source.weights, source.seed)
    if source.weights is not None:
        array = scratch((len(images), FC7))
        vgg16_fc7(images, source.weights, device=source.device, threads=source.threads, out=array)
        return array, {**settings, "device": source.device}

    from crossmodal.features.text import WORDS, frequent_words

    trained = np.flatnonzero(source.train)
    texts: dict[int, list[str]] = {}
    for image, text in zip(of_row[trained], source.manifest["text"].iloc[trained], strict=True):
        texts.setdefault(int(image), []).append(text)
    chosen = sorted(texts)
    try:
        words = frequent_words([" ".join(texts[image]) for image in chosen])
    except InputError as error:
        raise InputError(
            f"without VGG16's weights a network learns from the captions' words: {error.problem}",
            file=source.folder,
            field="text",
            hint="Place the captions as text beside the sounds, or download vgg16",
        ) from error
    train = np.zeros(len(images), dtype=bool)
    train[chosen] = True
    learned = {"target": "words of the training captions", **WORDS, "taken": words.shape[1]}
    # Kept, so that a picture of no corpus can be described the same way.
    keep = source.out / "image_deep.pt"
    array = small_network(images, train, words, source.seed, keep)
    return array, {**settings, **learned}
