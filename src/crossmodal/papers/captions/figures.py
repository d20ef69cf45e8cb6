"""The searches as figures, and the list of all artefacts, from the files of the paper's runs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from crossmodal.files import write_json
from crossmodal.papers.captions.drawings import fig1_tcn, fig_architecture
from crossmodal.papers.captions.results import Results, picture
from crossmodal.papers.captions.settings import PaperSettings
from crossmodal.papers.captions.tables import table_architecture, table_loss, table_search
from crossmodal.reporting import style
from crossmodal.reporting.artefacts import check_names, write_missing

_RIGHT = "#009E73"


def write_artefacts(settings: PaperSettings, folder: Path) -> None:
    """Write every artefact of the settings below `results/<edition>/captions`.

    Raises:
        InputError: The settings name an artefact that this module does not make.
    """
    check_names("captions", settings.artefacts, ARTEFACTS)
    results = Results.read(settings, folder)
    for name, artefact in settings.artefacts.items():
        stem = folder / f"{artefact.kind}s" / name
        if results.records:
            ARTEFACTS[name](results, stem)
        else:
            write_missing(artefact, stem, f"None of {', '.join(settings.corpora)} is at hand")


def _search_figure(task: str) -> Callable[[Results, Path], None]:
    """Return the writer of a figure of searches, and of the sounds beside it."""

    def draw(results: Results, stem: Path) -> None:
        found = results.answers()
        searches = [search for search in found["searches"] if search["task"] == task]
        answers = max(len(search["answers"]) for search in searches)
        fig, axes = style.figure(
            "double", height=1.6 * len(searches), rows=len(searches), columns=answers + 1
        )
        for row, search in zip(axes, searches, strict=True):
            for axis in row:
                axis.set_axis_off()
            query = search["query"]
            shown = picture(found["pictures"][query["image"]]) if task == _BY_IMAGE else None
            _draw_item(row[0], "query", query["text"], shown)
            for rank, (axis, answer) in enumerate(
                zip(row[1:], search["answers"], strict=False), start=1
            ):
                image = picture(found["pictures"][answer["image"]])
                head = f"{rank}:  {answer['score']:.2f}" + ("  ✓ right" if answer["right"] else "")
                text = answer["text"] if task == _BY_IMAGE else ""
                _draw_item(axis, head, text, image, right=answer["right"])
        runs = results.read_from(results.settings.examples.family)
        style.save(fig, stem, source=results.source, runs=runs)
        write_json(stem.with_name(f"{stem.name}.listening.json"), _listening(found, task))

    return draw


_BY_IMAGE = "image_to_caption"


def _draw_item(axis: Axes, head: str, text: str, shown: Any, *, right: bool = False) -> None:
    """Draw a query or an answer: a line above, a picture, words below (or alone)."""
    axis.set_title(head, fontsize=7, color=_RIGHT if right else "#222222", loc="left", pad=3)
    wrapped = textwrap.fill(text, 26)
    if shown is None:
        axis.text(0, 0.95, wrapped, fontsize=6.5, va="top", transform=axis.transAxes)
        return
    axis.imshow(shown)
    if right:
        width, height = shown.shape[1], shown.shape[0]
        x, y = (0, width, width, 0, 0), (0, 0, height, height, 0)
        axis.plot(x, y, color=_RIGHT, linewidth=3, clip_on=False)
    if text:
        axis.text(0, -0.06, wrapped, fontsize=4.9, va="top", transform=axis.transAxes)


def _listening(found: dict[str, Any], task: str) -> list[dict[str, str]]:
    """Return the sounds of a figure: of the answers of an image, or of the captions that ask."""
    sounds = []
    searches = [search for search in found["searches"] if search["task"] == task]
    for number, search in enumerate(searches, start=1):
        heard = [search["query"]] if task != _BY_IMAGE else search["answers"]
        right = [
            str(rank) for rank, answer in enumerate(search["answers"], start=1) if answer["right"]
        ]
        verdict = f"right: answer {right[0]}" if right else "right answer not among these"
        for rank, item in enumerate(heard, start=1):
            sounds.append(
                {
                    "row": f"query {number} ({verdict})",
                    "column": f"answer {rank}" if task == _BY_IMAGE else "query",
                    "audio": found["sounds"][item["clip"]],
                }
            )
    return sounds


ARTEFACTS: dict[str, Callable[[Results, Path], None]] = {
    "fig_architecture": fig_architecture,
    "fig1_tcn": fig1_tcn,
    "table_loss": table_loss,
    "table_architecture": table_architecture,
    "table_search": table_search,
    "fig_search_by_image": _search_figure(_BY_IMAGE),
    "fig_search_by_caption": _search_figure("caption_to_image"),
}
