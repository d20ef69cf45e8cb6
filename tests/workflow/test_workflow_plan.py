"""`make plan`: runs, hours and disk of an edition before it runs."""

from __future__ import annotations

import csv
from pathlib import Path

from fixture_workflow import SNAKEMAKE, Project


def estimated(project: Project, out: Path, *words: str) -> dict[str, dict[str, str]]:
    """Return the lines of the estimate, as `make plan` makes it."""
    edition = words[0].split("=")[1]
    ended = project.call(SNAKEMAKE, "--cores", "1", "settings", "--config", *words)
    assert ended.returncode == 0, ended.stderr
    run = f"results/{edition}/run.yaml"
    ended = project.crossmodal("estimate", "--run", run, "--out", out)
    assert ended.returncode == 0, ended.stderr
    assert "GPU hours" in ended.stdout
    with out.open(newline="") as stream:
        return {row["name"]: row for row in csv.DictReader(stream)}


def test_the_runs_of_smoke_are_those_of_its_dry_run(finished: Project, tmp_path: Path) -> None:
    rows = estimated(finished, tmp_path / "plan.csv", "edition=smoke")
    jobs = finished.again("--forceall", "--config", "edition=smoke")
    for paper in ("captions", "cmcgan", "facevoice", "hashing", "msvae"):
        assert int(rows[paper]["runs"]) == jobs[f"train {paper}"]
        assert float(rows[paper]["ran_core_hours"]) > 0


def test_all_corpora_of_the_paper_edition_are_planned_though_none_is_at_hand(
    fresh: Project, tmp_path: Path
) -> None:
    project = fresh.copy_to(tmp_path / "project")
    out = tmp_path / "plan.csv"
    rows = estimated(project, out, "edition=paper", "seeds=[0,1]", "mirror=http://localhost:9")
    assert {"captions", "cmcgan", "facevoice", "hashing", "msvae", "all"} <= set(rows)
    assert float(rows["all"]["core_hours"]) > float(rows["cmcgan"]["core_hours"]) > 0
    # Two seeds each.
    assert int(rows["captions"]["runs"]) == 6 * 2


def test_a_mistake_in_the_settings_ends_the_plan_with_one_line(fresh: Project) -> None:
    ended = fresh.call(SNAKEMAKE, "--cores", "1", "settings", "--config", "edition=papr")
    assert ended.returncode == 1
    assert "there is no edition 'papr'" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
