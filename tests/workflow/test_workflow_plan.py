"""`make plan`: the number of jobs is that of the real graph."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from fixture_workflow import SMOKE, Project

PLAN = "workflow/scripts/plan.py"


def jobs_by_name(path: Path) -> dict[str, int]:
    with path.open(newline="") as stream:
        return {row["name"]: int(row["jobs"]) for row in csv.DictReader(stream)}


def test_the_jobs_of_smoke_are_those_of_its_dry_run(fresh: Project, tmp_path: Path) -> None:
    out = tmp_path / "plan.csv"
    ended = fresh.call(sys.executable, PLAN, "smoke", "--out", out)
    assert ended.returncode == 0, ended.stderr
    counted = jobs_by_name(out)
    # `planned` leaves `all` out.
    planned = {rule: len(jobs) for rule, jobs in fresh.planned(*SMOKE).items()}
    assert counted["all"] == sum(planned.values()) + 1
    own = {rule: jobs for rule, jobs in planned.items() if rule.startswith("cmcgan_")}
    assert counted["cmcgan"] == sum(own.values())
    # Stand-ins that are not made yet have no known number of examples.
    assert "msvae: voxceleb1: number of examples not known" in ended.stdout
    assert not (fresh.root / "results" / "smoke").exists()


def test_all_corpora_of_the_paper_edition_are_planned_though_none_is_at_hand(
    fresh: Project, tmp_path: Path
) -> None:
    out = tmp_path / "plan.csv"
    words = ("--out", out, "--config", "seeds=[0,1]")
    ended = fresh.call(sys.executable, PLAN, "paper", *words)
    assert ended.returncode == 0, ended.stderr
    counted = jobs_by_name(out)
    # 8 + 4 + 8 + 16 shards, 2 of digits, 6 joins, 11 features; download, manifest, showcase of
    # seven corpora.
    assert counted["corpora"] == 38 + 6 + 11 + 3 * 7
    assert set(counted) == {
        *("corpora", "captions", "cmcgan", "facevoice", "hashing", "msvae"),
        *("benchmark", "report", "all"),
    }
    with out.open(newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert float(rows["all"]["core_hours"]) > float(rows["cmcgan"]["core_hours"]) > 0
    # Two seeds each.
    assert int(rows["captions"]["runs"]) == 6 * 2


def test_a_mistake_in_the_settings_ends_the_plan_with_one_line(fresh: Project) -> None:
    ended = fresh.call(sys.executable, PLAN, "papr")
    assert ended.returncode == 1
    assert "there is no edition 'papr'" in ended.stderr
    assert "Traceback" not in ended.stderr
