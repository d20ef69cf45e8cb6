"""Features of half seconds of an instrument (44.1 kHz). The frames are the windows' pictures."""

from __future__ import annotations

from dataclasses import asdict

from crossmodal.features.audio import LOG_MEL, LOG_MEL_STEPS, log_mel, resize_log_mel
from crossmodal.features.source import Source

NAMES = ("log_mel",)
SAMPLES = 22_050


def write(source: Source, names: list[str]) -> None:
    """Write `log_mel`, [n, 128, 32]: 44 steps resized to 32.

    Raises:
        InputError: There are no windows of this kind.
    """
    waves = source.waves(SAMPLES)
    steps = LOG_MEL.steps(SAMPLES)
    settings = {
        "kind": "cmcgan",
        **asdict(LOG_MEL),
        "steps": steps,
        "resized_to": LOG_MEL_STEPS,
        "device": source.device,
    }
    for name in names:
        with source.create(
            name,
            (LOG_MEL.bands, LOG_MEL_STEPS),
            units="dB of power",
            settings=settings,
            libraries=("torch",),
        ) as out:
            for rows in source.blocks(name):
                levels = log_mel(waves[rows], device=source.device, threads=source.threads)
                out[rows] = resize_log_mel(levels)
