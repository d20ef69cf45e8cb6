"""Every rule can run in a conda environment or a container; neither is installed here.

Pretended commands answer what Snakemake asks before it builds its graph. That the environments
work is not shown by this.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from fixture_workflow import ENVIRONMENT, ROOT, SMOKE, SNAKEMAKE, Project

RECIPE = (ROOT / "envs/apptainer.def").read_text(encoding="utf-8")
CONDA = """#!/bin/sh
case "$*" in
*info*) echo '{"conda_version": "24.9.2", "platform": "linux-64", "conda_prefix": "/opt/conda"}' ;;
*config*) echo '{"get": {"channel_priority": "strict"}}' ;;
*--version*) echo 'conda 24.9.2' ;;
esac
"""
APPTAINER = """#!/bin/sh
echo 'apptainer version 1.3.4'
"""


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"conda": CONDA, "apptainer": APPTAINER}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setitem(ENVIRONMENT, "PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize("method", ["conda", "apptainer"])
def test_the_whole_graph_builds_with(fresh: Project, method: str) -> None:
    ended = fresh.call(SNAKEMAKE, "--dry-run", "--quiet", "rules", "--sdm", method, *SMOKE)
    assert ended.returncode == 0, ended.stderr
    if method == "conda":
        assert "envs/crossmodal.yaml" in ended.stdout + ended.stderr


def test_every_rule_with_a_command_names_the_conda_environment() -> None:
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        text = path.read_text(encoding="utf-8")
        commands = re.findall(r"^ +shell:$", text, re.MULTILINE)
        environments = re.findall(r"^ +conda:\n +ENVIRONMENT$", text, re.MULTILINE)
        assert len(commands) == len(environments), path.name


def test_one_container_serves_all_rules() -> None:
    front = (ROOT / "Snakefile").read_text(encoding="utf-8")
    assert re.search(r"^container: .*\{workflow\.basedir\}/envs/crossmodal\.sif", front, re.M)
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        assert "container:" not in path.read_text(encoding="utf-8"), path.name


def test_the_recipe_installs_the_lock() -> None:
    parts = dict(re.findall(r"^%(\w+)\n((?:(?!%).*\n)*)", RECIPE, re.MULTILINE))
    source, target = parts["files"].split()
    assert (ROOT / source).is_file()
    assert source == "envs/requirements.txt"
    assert parts["post"].split()[-2:] == ["-r", target]
    # As `make run` installs it.
    assert "HASHED := --no-deps --require-hashes" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "--no-deps --require-hashes" in parts["post"]


def test_the_recipe_has_the_python_of_the_lock() -> None:
    base = re.search(r"^From: python:(\d+\.\d+)-", RECIPE, re.MULTILINE)
    assert base is not None
    lines = (ROOT / "envs/crossmodal.yaml").read_text(encoding="utf-8").splitlines()
    assert f"  - python={base[1]}" in lines
