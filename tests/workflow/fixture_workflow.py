"""A copy of the project in a folder of its own, and Snakemake run in it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
RUN_ONCE = "workflow/scripts/run_once.py"
SMOKE = ("--config", "edition=smoke")
_BLOCK = re.compile(
    r"^(?:local)?(?:rule|checkpoint) (?P<rule>\w+):\n(?P<body>(?:    .*\n)+)", re.MULTILINE
)
# Results are promised to be the same bit for bit on the CPU.
ENVIRONMENT = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}

Ended = subprocess.CompletedProcess


@dataclass(frozen=True)
class Project:
    """A copy of the project."""

    root: Path

    @classmethod
    def copy_of_this(cls, root: Path) -> Project:
        """Copy all files that git tracks or would track, and commit them there."""
        listed = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-coz", "--exclude-standard"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        project = cls(root)
        project.git("init", "--quiet")
        project.git("add", "--all")
        project.git("commit", "--quiet", "--message", "copy")
        return project

    def copy_to(self, root: Path) -> Project:
        """Copy everything, results and Snakemake's records included, times preserved."""
        shutil.copytree(self.root, root, symlinks=True, dirs_exist_ok=True)
        return Project(root)

    def git(self, *words: str) -> str:
        """Run git in the copy."""
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        command = ["git", "-C", str(self.root), *identity, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def call(self, *command: str | Path) -> Ended[str]:
        """Run a command in the copy; wait for its end."""
        return subprocess.run(
            [str(word) for word in command],
            cwd=self.root,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )

    def run_once(self, *words: str) -> Ended[str]:
        """Run the workflow as `make run` does."""
        return self.call(sys.executable, RUN_ONCE, *words)

    def crossmodal(self, *words: str | Path) -> Ended[str]:
        """Call one verb of the copy's own source."""
        source = f"import sys; sys.path.insert(0, {str(self.root / 'src')!r});"
        code = f"{source} from crossmodal.cli import main; main()"
        return self.call(sys.executable, "-c", code, *words)

    def planned(self, *words: str) -> dict[str, list[list[str]]]:
        """Return what a dry run would do: rule -> the outputs of each job (`all` left out)."""
        ended = self.call(SNAKEMAKE, "-n", *words)
        assert ended.returncode == 0, ended.stderr
        jobs: dict[str, list[list[str]]] = {}
        for match in _BLOCK.finditer(ended.stdout + ended.stderr):
            outputs = re.search(r"^    output: (.*)$", match["body"], re.MULTILINE)
            if outputs is not None:
                jobs.setdefault(match["rule"], []).append(outputs[1].split(", "))
        return jobs

    def again(self, *words: str) -> dict[str, int]:
        """Return how many jobs a dry run would do, by rule and, of a paper's rules, by paper."""
        counted: dict[str, int] = {}
        for rule, jobs in self.planned(*words).items():
            for outputs in jobs:
                parts = outputs[0].split("/")
                of_paper = rule in ("tune", "train", "evaluate", "claims")
                name = f"{rule} {parts[2]}" if of_paper else rule
                counted[name] = counted.get(name, 0) + 1
        return counted

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run the workflow in a process group of its own, which never outlives the block."""
        with (self.root / "run.out").open("ab") as screen:
            process = subprocess.Popen(
                [sys.executable, RUN_ONCE, *words],
                cwd=self.root,
                env=ENVIRONMENT,
                stdout=screen,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A shell's background jobs ignore interrupts, and so would everything below them.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        try:
            yield process
        finally:
            kill_group(process)

    def logs(self) -> int:
        """Count the jobs that have started."""
        return sum(1 for _ in (self.root / "logs").rglob("*.log"))

    def wait_for_jobs(self, count: int, process: subprocess.Popen[bytes]) -> None:
        """Wait until so many jobs have started while the process lives."""
        end = time.monotonic() + 300
        while self.logs() < count:
            assert process.poll() is None, (self.root / "run.out").read_text()
            assert time.monotonic() < end, f"{self.logs()} of {count} jobs started"
            time.sleep(0.05)

    def digests(self, folder: str) -> dict[str, str]:
        """Return the SHA-256 of every file below a folder.

        Except run.json, which has times, and what lies in hidden folders.
        """
        base = self.root / folder
        return {
            path.relative_to(base).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in sorted(base.rglob("*"))
            if path.is_file() and path.name != "run.json"
            if not any(part.startswith(".") for part in path.relative_to(base).parts)
        }


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and everything it started, as when a machine goes down."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
