"""The locked environment fits pyproject.toml, and no file points to a package index."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "envs/requirements.txt").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
# In pieces, so that this file does not hold what it looks for.
ADDRESSES = ["pypi" + ".org", "python" + "hosted", "download.pytorch.org" + "/whl"]


@pytest.fixture(scope="module")
def lock() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lock", ROOT / "envs/lock.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("needs git and the project's repository")
    names = filter(None, listed.stdout.split("\0"))
    return [path for name in names if (path := ROOT / name).is_file()]


def version_of(entry: str) -> str:
    match = re.match(r"[\w.-]+==([^\s;\\]+)", entry)
    assert match is not None, entry[:80]
    return match[1]


def test_derived_files_are_what_would_be_derived(lock: ModuleType) -> None:
    for path, content in lock.derived().items():
        assert path.read_text(encoding="utf-8") == content, "Run: python envs/lock.py --derive"


@pytest.mark.parametrize("requirement", [*DIRECT, *DEV], ids=str)
def test_every_direct_dependency_is_locked_in_its_range(
    lock: ModuleType, requirement: Requirement
) -> None:
    entries = lock.locked(LOCK)
    assert requirement.name in entries
    assert requirement.specifier.contains(version_of(entries[requirement.name]))


def test_every_locked_package_is_pinned_with_hashes(lock: ModuleType) -> None:
    entries = lock.locked(LOCK)
    assert len(entries) > 100
    for name, entry in entries.items():
        for part in re.split(r"\n(?=\w)", entry):
            assert version_of(part), name
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", part), name


def test_the_trio_of_torch_matches(lock: ModuleType) -> None:
    entries = lock.locked(LOCK)
    torch, audio, vision = (version_of(entries[name]) for name in lock.TORCH)
    assert torch == audio
    # torchvision 0.(n + 15) belongs to torch 2.n.
    assert int(vision.split(".")[1]) == int(torch.split(".")[1]) + 15
    makefile = (ROOT / "Makefile").read_text()
    for name, version in zip(lock.TORCH, (torch, audio, vision), strict=True):
        assert f"{name}=={version}" in makefile


def test_the_cpu_lock_is_the_rest(lock: ModuleType) -> None:
    rest = lock.locked((ROOT / "envs/requirements-cpu.txt").read_text(encoding="utf-8"))
    left_out = set(lock.locked(LOCK)) - set(rest)
    assert set(lock.TORCH) <= left_out
    assert all(name in lock.TORCH or lock.CUDA.match(name) for name in left_out)
    assert not any(lock.CUDA.match(name) for name in rest)


def test_this_environment_is_the_locked_one(lock: ModuleType) -> None:
    entries = lock.locked(LOCK)
    for requirement in DIRECT:
        installed = metadata.version(requirement.name).partition("+")[0]
        assert installed == version_of(entries[requirement.name]), requirement.name


def test_no_address_in_the_locks() -> None:
    for path in (ROOT / "envs").iterdir():
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "://" not in text, path.name
            assert not re.search(r"^\s*(-i\b|--index-url|--extra-index|--find-links)", text, re.M)


def test_no_tracked_file_points_to_a_package_index() -> None:
    for path in tracked():
        content = path.read_bytes()
        found = [address for address in ADDRESSES if address.encode() in content]
        assert found == [], path.relative_to(ROOT)


def test_no_tracked_file_is_large() -> None:
    large = [path.relative_to(ROOT) for path in tracked() if path.stat().st_size > 1 << 20]
    assert large == []


@pytest.mark.parametrize("requirement", [*DIRECT, *DEV], ids=lambda r: r.name)
def test_every_direct_dependency_is_justified(requirement: Requirement) -> None:
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    row = rf"^\| {re.escape(requirement.name)}( \*)? \| \S.* \|$"
    assert re.search(row, text, re.MULTILINE | re.IGNORECASE), requirement.name
