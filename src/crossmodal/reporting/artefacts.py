"""What stands in the place of a figure or table that could not be made."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crossmodal.config import Artefact
from crossmodal.reporting import style
from crossmodal.reporting.listening import write_listening
from crossmodal.reporting.tables import write_table


def write_missing(artefact: Artefact, stem: Path, text: str) -> None:
    """Write a figure or table that says in its place why it could not be made."""
    if artefact.sounds:
        write_listening(stem.with_name(f"{stem.name}.audio.json"), [])
    if artefact.kind == "table":
        empty = pd.DataFrame({"result": pd.Series(dtype=str)})
        write_table(empty, stem, title=artefact.title, source="missing", note=text)
        return
    fig, axes = style.figure("double", height=1.2)
    axes[0, 0].set_axis_off()
    axes[0, 0].text(0.5, 0.5, text, ha="center", va="center", transform=axes[0, 0].transAxes)
    style.save(fig, stem, source="missing")
