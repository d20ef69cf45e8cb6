"""Features of spoken digits (8 kHz). The written digits are the windows' pictures."""

from __future__ import annotations

from dataclasses import asdict

from crossmodal.features.source import Source
from crossmodal.features.spectra import MelSettings, in_chunks, mel_spectrogram

NAMES = ("log_mel",)
SAMPLES = 8000

LOG_MEL = MelSettings(8000, 256, 128, "hann", "zeros", 40, reference="maximum")
"""32 ms every 16 ms: 40 bands at 63 steps of a digit, at 251 of four. Relative to the window's
maximum, because speakers recorded at different levels."""

_CHUNK = 16


def write(source: Source, names: list[str]) -> None:
    """Write `log_mel`, [n, 40, 63].

    Raises:
        InputError: There are no windows of this kind.
    """
    write_log_mel(source, names, "digits", SAMPLES)


def write_log_mel(source: Source, names: list[str], kind: str, samples: int) -> None:
    """Write the log-mel spectrograms of windows, [n, 40, 1 + samples // 128], dB.

    Args:
        names: "log_mel" or nothing.
        kind: Of the windows.
    """
    waves = source.waves(samples)
    transform = mel_spectrogram(LOG_MEL, source.device)
    shape = (LOG_MEL.bands, LOG_MEL.steps(samples))
    for name in names:
        with source.create(
            name,
            shape,
            units="dB relative to the window's maximum",
            settings={"kind": kind, **asdict(LOG_MEL), "device": source.device},
            libraries=("torch",),
        ) as out:
            for rows in source.blocks(name):
                in_chunks(
                    lambda block, _: transform(block),
                    waves[rows],
                    shape,
                    chunk=_CHUNK,
                    device=source.device,
                    threads=source.threads,
                    out=out[rows],
                )
