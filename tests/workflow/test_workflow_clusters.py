"""Jobs through `profiles/cluster-generic` and a pretended Grid Engine; what both profiles say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from fixture_workflow import ENVIRONMENT, ROOT, SMOKE, SNAKEMAKE, Ended, Project

PROFILES = ("slurm", "cluster-generic")
# Jobs run at once, in a process group of their own; the first of all is killed when it has begun.
QSUB = """#!/usr/bin/env bash
set -eu
mkdir -p "$GRID_ENGINE"
number=1
while ! mkdir "$GRID_ENGINE/$number" 2>/dev/null; do number=$((number + 1)); done
printf '%s\\n' "$*" >"$GRID_ENGINE/$number/words"
script=${@: -1}
run() {
    limit=0
    [ "$number" = 1 ] && limit=1
    ended=0
    timeout --signal=KILL "$limit" bash "$script" || ended=$?
    echo "$ended" >"$GRID_ENGINE/$number/ended"
}
run </dev/null >"$GRID_ENGINE/$number/screen" 2>&1 &
echo "$number"
"""
QSTAT = """#!/usr/bin/env bash
echo 'job-ID  prior  name  user  state'
for job in "$GRID_ENGINE"/*; do
    [ -e "$job/ended" ] || echo "${job##*/} 0.5 snakejob me r"
done
"""
QACCT = """#!/usr/bin/env bash
echo "jobnumber    $2"
echo "failed       0"
echo "exit_status  $(cat "$GRID_ENGINE/$2/ended")"
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put qsub, qstat and qacct first in the path; return where they keep their jobs."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in {"qsub": QSUB, "qstat": QSTAT, "qacct": QACCT}.items():
        (commands / name).write_text(text, encoding="utf-8")
        (commands / name).chmod(0o755)
    monkeypatch.setitem(ENVIRONMENT, "PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setitem(ENVIRONMENT, "GRID_ENGINE", str(tmp_path / "jobs"))
    return tmp_path / "jobs"


def through(project: Project, profile: str, *words: str) -> Ended[str]:
    return project.call(SNAKEMAKE, "--profile", f"profiles/{profile}", *words, *SMOKE)


def settings(profile: str) -> dict[str, Any]:
    text = (ROOT / "profiles" / profile / "config.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def test_a_killed_job_is_tried_again_with_more_and_ends_with_the_same_bytes(
    finished: Project, scratch: Project, engine: Path
) -> None:
    hashing = scratch.root / "results/smoke/hashing"
    shutil.rmtree(hashing / "runs/wikipedia/ours")
    for folder in ("figures", "tables"):
        shutil.rmtree(hashing / folder)
    quick = ("--seconds-between-status-checks", "1", "--latency-wait", "5")
    ended = through(scratch, "cluster-generic", *quick, "hashing")
    assert ended.returncode == 0, ended.stderr
    assert scratch.digests("results/smoke/hashing") == finished.digests("results/smoke/hashing")

    jobs = [
        (job / "words").read_text() for job in sorted(engine.iterdir(), key=lambda j: int(j.name))
    ]
    asked = [re.findall(r"gpu=(\d)|mem_free=(\d+)M|h_rt=(\d+)", words) for words in jobs]
    memory = [int(next(group[1] for group in found if group[1])) for found in asked]
    gpus = [int(next(group[0] for group in found if group[0])) for found in asked]
    seconds = [int(next(group[2] for group in found if group[2])) for found in asked]
    # The training, killed; again; the evaluation; figures and tables; claims.
    assert len(jobs) == 5
    assert gpus == [1, 1, 1, 0, 0]
    assert memory[1] == 2 * memory[0]
    assert seconds[1] == 2 * seconds[0]


def test_no_command_of_a_scheduler_is_one_clear_end(scratch: Project) -> None:
    (scratch.root / "results/smoke/hashing/claims.csv").unlink()
    ended = through(
        scratch, "cluster-generic", "--retries", "0", "results/smoke/hashing/claims.csv"
    )
    assert ended.returncode == 1
    assert re.search("qsub: (command )?not found", ended.stderr)


@pytest.mark.parametrize(
    ("state", "failed", "exit_status", "answer"),
    [
        ("qw", "", "", "running"),
        ("r", "", "", "running"),
        ("Eqw", "", "", "failed"),
        ("", "0", "0", "success"),
        ("", "0", "1", "failed"),
        ("", "100 : assumedly after job", "137", "failed"),
        ("", "37 : qmaster enforced h_rt", "0", "failed"),
    ],
)
def test_how_a_job_stands(
    tmp_path: Path, state: str, failed: str, exit_status: str, answer: str
) -> None:
    queue = f"7 0.5 snakejob me {state} 11/22/2026" if state else "8 0.5 other me r 11/22/2026"
    accounts = f"failed       {failed}\nexit_status  {exit_status}"
    for name, text in {"qstat": queue, "qacct": accounts}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{text}'\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    ended = subprocess.run(
        [ROOT / "profiles/cluster-generic/status", "7"],
        env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == f"{answer}\n"


@pytest.mark.parametrize("profile", PROFILES)
def test_the_grouped_rules_exist(fresh: Project, profile: str) -> None:
    listed = fresh.call(SNAKEMAKE, "--list-rules", *SMOKE)
    assert set(settings(profile)["groups"]) <= set(listed.stdout.split())


def test_memory_and_time_of_every_rule_grow_with_its_attempts() -> None:
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        fixed = re.findall(r"\b(?:mem_mb|runtime)=\d+", path.read_text(encoding="utf-8"))
        assert fixed == [], path.name


def test_both_profiles_group_alike() -> None:
    slurm, generic = map(settings, PROFILES)
    assert slurm["groups"] == generic["groups"]
    assert slurm["retries"] == generic["retries"]
