"""Snakemake reads an input once, however many outputs its job has, and still sees a change."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fixture_workflow import ROOT, SNAKEMAKE

SNAKEFILE = """
import hashlib, sys

digest = hashlib.file_digest


def counted(stream, algorithm):
    print("reads", Path(stream.name).name, file=sys.stderr)
    return digest(stream, algorithm)


hashlib.file_digest = counted

{include}

rule all:
    input: "b.txt", "c.txt", "d.txt"

rule copy:
    input: "a.txt"
    output: "b.txt", "c.txt", "d.txt"
    shell: "tee {{output}} < {{input}}"
"""


def reads_of(folder: Path, *words: str) -> tuple[int, str]:
    """Run the workflow; return how often the input was read, and what was printed."""
    command = [str(SNAKEMAKE), "--cores", "1", "--max-checksum-file-size", "1000000", *words]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr.count("reads a.txt"), ended.stdout + ended.stderr


@pytest.mark.parametrize("remembered", [True, False])
def test_an_input_is_read_once_for_all_outputs(tmp_path: Path, remembered: bool) -> None:
    include = f'include: "{ROOT}/workflow/rules/checksums.smk"' if remembered else ""
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(include=include))
    (tmp_path / "a.txt").write_text("one")
    reads, _ = reads_of(tmp_path)
    # Without: the day it is 1, the file can go.
    assert reads == (1 if remembered else 3)
    (tmp_path / "a.txt").write_text("two")
    _, said = reads_of(tmp_path, "--dry-run")
    assert "rule copy:" in said
    reads_of(tmp_path)
    assert (tmp_path / "d.txt").read_text() == "two"
    (tmp_path / "a.txt").touch()
    _, said = reads_of(tmp_path, "--dry-run")
    assert "Nothing to be done" in said
