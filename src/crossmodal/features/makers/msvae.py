"""Features of utterances: one spectrum a voice (16 kHz, 3 s) and one small grey face."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict

import numpy as np

from crossmodal.features.frames import FRAMES, grey_face
from crossmodal.features.source import Source
from crossmodal.features.voice import VOICE, Reading, voice_spectra

READINGS: dict[str, Reading] = {
    "voice": "corrected",
    "voice_as_written": "as_written",
    "voice_whole_clip": "corrected_whole_clip",
}
"""Feature -> how its spectrogram becomes one spectrum."""

NAMES = (*READINGS, "face_grey")


def write(source: Source, names: list[str]) -> None:
    """Write `voice*`, [n, 512], and `face_grey`, [n, 529].

    Raises:
        InputError: There are no windows of this kind.
    """
    voices = [name for name in names if name in READINGS]
    if voices:
        _write_voices(source, voices)
    if "face_grey" in names:
        _write_faces(source)


def _write_voices(source: Source, names: list[str]) -> None:
    waves = source.waves(VOICE.samples)
    # a shorter voice has silence behind it up to the end of the first frame
    lengths = np.maximum(source.samples, VOICE.frame_samples)
    readings = [READINGS[name] for name in names]
    with ExitStack() as stack:
        outs = [
            stack.enter_context(
                source.create(
                    name,
                    (VOICE.frame_samples,),
                    units="magnitude, standardised",
                    settings={
                        "kind": "msvae",
                        "reading": reading,
                        **asdict(VOICE),
                        "device": source.device,
                    },
                    libraries=("torch", "scipy"),
                )
            )
            for name, reading in zip(names, readings, strict=True)
        ]
        for rows in source.blocks("voices"):
            spectra = voice_spectra(
                waves[rows],
                readings,
                lengths=lengths[rows],
                device=source.device,
                threads=source.threads,
            )
            for place, out in enumerate(outs):
                out[rows] = spectra[:, place]


def _write_faces(source: Source) -> None:
    pictures = source.pictures()
    with source.create(
        "face_grey",
        (FRAMES.grey_side_px**2,),
        units="brightness, 0 to 1",
        settings={"kind": "msvae", "frames": pictures.shape[1], **asdict(FRAMES)},
        libraries=("opencv-python-headless",),
    ) as out:
        for rows in source.blocks("faces"):
            for row in range(rows.start, rows.stop):
                out[row] = grey_face(pictures[row]).ravel()
