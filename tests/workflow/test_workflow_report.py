"""The reports of a finished edition: our page in a browser, provenance, Snakemake's own report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from fixture_browser import CONTRAST, NAMELESS, chromium, opened
from fixture_workflow import ROOT, SMOKE, SNAKEMAKE, Project

LARGEST_BYTES = 25_000_000
PAPERS = sorted(path.stem for path in (ROOT / "config/papers").glob("*.yaml"))
ARTEFACTS: dict[str, dict[str, Any]] = {
    paper: yaml.safe_load((ROOT / f"config/papers/{paper}.yaml").read_text())["artefacts"]
    for paper in PAPERS
}
DATA_ALONE = {"fig1_sample"}
"""Figures that show a corpus and no run."""


def test_the_page_opens_without_a_network(finished: Project) -> None:
    path = finished.root / "results/smoke/report.html"
    assert path.stat().st_size < LARGEST_BYTES
    with chromium() as browser, opened(browser, path.as_uri()) as page:
        widths = page.eval_on_selector_all("img", "all => all.map(image => image.naturalWidth)")
        figures = [entry for own in ARTEFACTS.values() for entry in own.values()]
        assert len(widths) >= sum(entry["kind"] == "figure" for entry in figures)
        assert min(widths) > 0
        sounds = page.eval_on_selector_all(
            "audio", "all => all.map(audio => audio.src.slice(0, 11))"
        )
        assert len(sounds) > 10
        assert set(sounds) == {"data:audio/"}
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate(CONTRAST) == []
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        for title in ("All jobs", "Training"):
            assert page.get_by_role("heading", name=title, exact=True).is_visible()


@pytest.mark.parametrize("paper", PAPERS)
def test_every_number_leads_to_a_run(finished: Project, paper: str) -> None:
    results = finished.root / "results/smoke" / paper
    for name, entry in ARTEFACTS[paper].items():
        if entry["kind"] == "table":
            table = pd.read_csv(results / f"tables/{name}.csv", keep_default_na=False)
            # Chance is counted from the data.
            rows = table[~(table == "chance").any(axis=1)] if "chance" not in table else table
            named = list(rows["runs"])
        else:
            source = re.search(
                r"<dc:source>(.*?)</dc:source>", (results / f"figures/{name}.svg").read_text()
            )
            named = [source[1] if source else ""]
        assert all(named) or name in DATA_ALONE, name
        for group in {group for cell in named for group in cell.split()}:
            assert (results / "runs" / group / "seed0" / "run.json").is_file(), (name, group)


def test_snakemakes_own_report_holds_every_artefact(finished: Project, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    ended = finished.call(SNAKEMAKE, *SMOKE, "--report", out)
    assert ended.returncode == 0, ended.stderr
    # What docutils finds wrong with a caption; it goes on with a broken one.
    assert "(ERROR/" not in ended.stderr
    assert "(WARNING/" not in ended.stderr
    text = out.read_text(encoding="utf-8")
    for own in ARTEFACTS.values():
        for entry in own.values():
            assert entry["title"] in text, entry["title"]
    for category in ("Corpora", "Figures", "Tables", "Claims"):
        assert f'"{category}"' in text, category
