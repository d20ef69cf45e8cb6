from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_workflow import ROOT, SMOKE, Project

ODD = 'it\'s "my" paper (v2) {d} ü'
"""Name of the folder of the finished checkout: everything has to work in it."""


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
    """A copy of the project in which the smoke edition ran undisturbed, on two cores.

    Only to be read: all workers of a parallel test run share it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    done = shared / "finished.done"
    with (shared / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return Project(shared / ODD)
        project = fresh.copy_to(shared / ODD)
        started = time.monotonic()
        ended = project.run_once("--cores", "2", *SMOKE)
        assert ended.returncode == 0, ended.stderr
        (shared / "screen.txt").write_text(ended.stdout + ended.stderr)
        print(f"smoke edition, two cores: {time.monotonic() - started:.0f} s")
        done.touch()
        return project


@pytest.fixture
def scratch(finished: Project, tmp_path: Path) -> Iterator[Project]:
    """A copy of the finished project that a test may change."""
    yield finished.copy_to(tmp_path / "project")
    shutil.rmtree(tmp_path / "project")
