"""Every table of my paper, from files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crossmodal.reporting import tables
from crossmodal.reporting.results import Results

TASKS = {"image_to_text": "image → text", "text_to_image": "text → image"}


def table1_retrieval(results: Results, stem: Path) -> None:
    """The paper's numbers beside ours."""
    ours = results.first
    reported = pd.read_csv(Path(__file__).with_name("reported.csv"))
    parts = []
    for task, name in TASKS.items():
        rows = reported[reported["task"] == task]
        cells = pd.DataFrame({"task": name, "variant": rows["variant"], "paper": rows["map"]})
        parts.append(tables.comparison(ours, f"{task}|test|map", cells.reset_index(drop=True)))
    title = results.settings.artefacts["table1_retrieval"].title
    tables.write_table(pd.concat(parts), stem, title=title, source=ours.source)
