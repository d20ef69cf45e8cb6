"""What the artefacts of all papers share: known names, and what stands for a missing one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from crossmodal.config import Artefact
from crossmodal.errors import InputError
from crossmodal.reporting import style
from crossmodal.reporting.tables import write_table


def check_names(paper: str, wanted: Iterable[str], known: Collection[str]) -> None:
    """Check that a paper can make the artefacts its settings name.

    Raises:
        InputError: There is one that it cannot make.
    """
    for name in wanted:
        if name not in known:
            raise InputError(
                "unknown artefact",
                file=f"config/papers/{paper}.yaml",
                field=f"artefacts.{name}",
                hint=f"Known: {', '.join(known)}",
            )


def write_missing(artefact: Artefact, stem: Path, text: str) -> None:
    """Write a figure or table that says in its place why it could not be made.

    Args:
        artefact: Its kind and title.
        stem: Path without suffix.
        text: The reason.
    """
    if artefact.kind == "figure":
        draw_missing(stem, text)
        return
    empty = pd.DataFrame({"result": pd.Series(dtype=str)})
    write_table(empty, stem, title=artefact.title, source="missing", note=text)


def draw_missing(stem: Path, text: str) -> None:
    """Write a figure that holds nothing but a reason."""
    fig, axes = style.figure("double", height=1.2)
    axes[0, 0].set_axis_off()
    axes[0, 0].text(0.5, 0.5, text, ha="center", va="center", transform=axes[0, 0].transAxes)
    style.save(fig, stem, source="missing")
