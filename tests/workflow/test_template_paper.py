"""A sixth paper is a folder and two settings files: the template, copied, runs to its verdicts."""

from __future__ import annotations

import csv
import shutil

from fixture_workflow import ROOT, SMOKE, SNAKEMAKE, Project

TEMPLATE = ROOT / "docs/template"
RESULTS = "results/smoke/mypaper"


def test_a_copy_of_the_template_runs_to_figure_table_and_verdict(scratch: Project) -> None:
    shutil.copytree(TEMPLATE / "room", scratch.root / "src/crossmodal/papers/mypaper")
    shutil.copy(TEMPLATE / "paper.yaml", scratch.root / "config/papers/mypaper.yaml")
    shutil.copy(TEMPLATE / "claims.csv", scratch.root / "config/claims/mypaper.csv")
    # It touches no other paper: only the report is made again, to show it.
    others = [name for name in scratch.again(*SMOKE) if "mypaper" not in name]
    assert set(others) <= {"report"}
    ended = scratch.run_once("--cores", "2", "mypaper", *SMOKE)
    assert ended.returncode == 0, ended.stderr
    folder = scratch.root / RESULTS
    assert (folder / "figures/fig1_retrieval.svg").stat().st_size > 5000
    with (folder / "tables/table1_retrieval.csv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert {row["variant"] for row in table} == {"ours", "narrow"}
    assert all(0 < float(row["ours"]) < 1 for row in table)
    with (folder / "claims.csv").open(encoding="utf-8", newline="") as stream:
        verdicts = {row["claim"]: row["verdict"] for row in csv.DictReader(stream)}
    # One seed settles nothing.
    assert verdicts == {"1.wider": "inconclusive", "2.taste": "not testable"}
    ended = scratch.call(SNAKEMAKE, "-n", "mypaper", *SMOKE)
    assert "Nothing to be done" in ended.stdout + ended.stderr
