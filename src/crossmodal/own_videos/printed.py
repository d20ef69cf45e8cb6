"""What `init-corpus` prints: the videos, what is set aside, and the papers."""

from __future__ import annotations

import pandas as pd

from crossmodal.alignment.survey import LOOKS
from crossmodal.own_videos.init import FOUND, Found
from crossmodal.own_videos.parts import TEST, VALIDATION

SHOWN = 20
"""Videos and reasons listed; the files have them all."""

WAYS = {
    "given": "as the table says",
    "file": "whole files, each person (or label) in all three parts",
    "time": (
        f"every row in time, its last {VALIDATION + TEST:.0%} for validation and test: too few "
        "files for better. The same recordings are in all three parts, so that numbers say little "
        "about new ones"
    ),
}


def print_found(found: Found) -> None:
    """Print a report on a corpus of one's own."""
    print("\n".join(report(found)))


def report(found: Found) -> list[str]:
    """Return the lines of the report."""
    videos, rows, name = found.videos, found.rows, found.entry.name
    usable = videos[videos["fault"] == ""]
    seconds = float((rows["end_s"] - rows["start_s"]).sum())
    lines = [
        f"{name}: {len(usable)} of {len(videos)} videos can be used, {seconds:.1f} s labelled",
        "",
    ]
    lines += _columns([_described(row) for row in usable.head(SHOWN).to_dict("records")])
    lines += _more(len(usable), str(found.folder / FOUND))
    lines += ["", "labelled"]
    lines += _columns(_sums(rows))
    aside = found.aside.frame()
    if len(aside):
        lines += ["", f"set aside: {len(aside)}"]
        lines += _columns(aside[["clip", "reason"]].head(SHOWN).to_numpy().tolist())
        lines += _more(len(aside), str(found.folder / "quarantine.csv"))
    if found.unnamed:
        lines += ["", f"videos of the folder that the table does not name: {found.unnamed}"]
    lines += ["", f"split: {WAYS[found.entry.split]}", "", "papers"]
    lines += _columns(_papers(found))
    if found.entry.papers:
        command = f"snakemake --cores 2 --config edition=own corpus={name}"
        lines += ["", f"next: {command}"]
    return lines


def _described(video: dict) -> list[str]:
    share = round(video["face_share"] * LOOKS)
    several = f", up to {video['most_faces']:.0f} at once" if video["most_faces"] > 1 else ""
    return [
        video["file"],
        f"{video['end_s'] - video['start_s']:.1f} s",
        f"{video['width_px']:.0f}x{video['height_px']:.0f}",
        f"{video['frame_hz']:.4g} frames/s",
        f"sound {video['sound_hz'] / 1000:.4g} kHz",
        f"face in {share} of {LOOKS} frames{several}",
    ]


def _sums(rows: pd.DataFrame) -> list[list[str]]:
    """Return lines for each person and label: files, pieces by side, seconds."""
    timed = rows.assign(seconds=rows["end_s"] - rows["start_s"])
    lines = []
    for (person, label), part in timed.groupby(["person", "label"]):
        sides = part["split"].value_counts()
        counts = ", ".join(
            f"{sides[side]} {side}" for side in ("train", "validation", "test") if side in sides
        )
        lines.append(
            [
                str(person) or "nobody named",
                str(label),
                f"files: {part['file'].nunique()}",
                f"{part['seconds'].sum():.1f} s",
                f"pieces: {counts}",
            ]
        )
    return lines[:SHOWN] + ([["..."]] if len(lines) > SHOWN else [])


def _papers(found: Found) -> list[list[str]]:
    served = [
        [paper, "yes", f"about {found.expected[paper]} windows"] for paper in found.entry.papers
    ]
    return served + [[paper, "no", why] for paper, why in found.entry.unserved.items()]


def _more(count: int, file: str) -> list[str]:
    return [f"  ... and {count - SHOWN} more: {file}"] if count > SHOWN else []


def _columns(rows: list[list[str]]) -> list[str]:
    """Set rows of text in columns, indented."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=False)]
    padded = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        for row in rows
    ]
    return [f"  {line}".rstrip() for line in padded]
