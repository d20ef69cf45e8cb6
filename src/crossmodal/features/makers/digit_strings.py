"""Features of strings of four spoken digits (8 kHz). The written ones are the windows' pictures."""

from __future__ import annotations

from crossmodal.features.makers.digits import NAMES, write_log_mel
from crossmodal.features.source import Source

__all__ = ["NAMES", "write"]
SAMPLES = 32_000


def write(source: Source, names: list[str]) -> None:
    """Write `log_mel`, [n, 40, 251].

    Raises:
        InputError: There are no windows of this kind.
    """
    write_log_mel(source, names, "digit_strings", SAMPLES)
