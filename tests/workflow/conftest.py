from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from fixture_workflow import ROOT, SMOKE, Project


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which nothing has run."""
    if (
        shutil.which("git") is None
        or subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("needs git and the project's repository, to know which files belong to it")
    return Project.copy_of_this(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def finished(fresh: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which the smoke edition ran undisturbed, on two cores."""
    project = fresh.copy_to(tmp_path_factory.mktemp("finished") / "project")
    started = time.monotonic()
    ended = project.run_once("--cores", "2", *SMOKE)
    assert ended.returncode == 0, ended.stderr
    print(f"smoke edition, two cores: {time.monotonic() - started:.0f} s")
    return project


@pytest.fixture
def scratch(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished project that a test may change."""
    return finished.copy_to(tmp_path / "project")
