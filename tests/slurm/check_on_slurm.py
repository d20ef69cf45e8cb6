"""Three papers of the smoke edition on a real Slurm with two pretended GPUs: `make slurm-test`.

As root on a Debian machine without a Slurm of its own. Runs them once without Slurm and once
through `profiles/slurm`, disturbs the second run, and compares. Daemons, configuration and packages
that were not there before are gone afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fixture_workflow import ENVIRONMENT, SMOKE, SNAKEMAKE, Project, kill_group
from slurm_cluster import GPUS, ClusterError, Job, ask, packages, running_cluster

# Three papers in part: a batch job starts Snakemake twice, some seven seconds of a processor, and
# what is shown of one training is shown of all.
EDITION = [
    *SMOKE,
    "papers=[cmcgan,facevoice,msvae]",
    "overrides={benchmark: {tasks: []}, msvae: {only: [written, corrected]},"
    " cmcgan: {only: [image_classifier, sound_classifier, cmcgan, everything, fusion, lcgan]},"
    " facevoice: {only: [ours, margin_1, no_matching, wasserstein]}}",
]
# What only this cluster needs: it keeps no accounts of jobs, and answers at once.
WORDS = [
    *("--profile", "profiles/slurm", "--slurm-partition-config", "profiles/slurm/partitions.yaml"),
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"),
    *("--latency-wait", "10", *EDITION),
]
TIME_LIMIT_S = 2400
# Its trainings may be over before they can be disturbed.
SHORT = {"msvae"}


@dataclass
class Victim:
    """A training that is disturbed while it runs.

    Attributes:
        pid: Its process.
        words: Its command line.
        job: Slurm's number.
        steps: Its rule, as Slurm's comment has it.
        left: The folders of states that it left when it ended, `<corpus>/<variant>/seed<k>`.
    """

    pid: int
    words: list[str]
    job: str
    steps: str = ""
    left: set[Path] = field(default_factory=set)

    @property
    def paper(self) -> str:
        """The paper that it trains."""
        return self.words[self.words.index("train") + 1]

    def states(self, project: Project) -> set[Path]:
        """Return where its runs have saved a state so far, `<corpus>/<variant>/seed<k>`."""
        folder = project.root / "results/smoke" / self.paper / ".state"
        place = self.words.index(self.paper)
        corpus, variant, seed = self.words[place + 1 : place + 4]
        run = Path(corpus, variant, f"seed{seed}")
        return {run} if list((folder / run).glob("*.pt")) else set()

    def attempts(self, project: Project) -> int:
        """Return how many attempts went into the one of its runs that took most."""
        runs = project.root / "results/smoke" / self.paper / "runs"
        records = [json.loads((runs / run / "run.json").read_text()) for run in self.left]
        return max((record["attempts"] for record in records), default=0)


def main() -> int:
    """Run the check; 0 when all holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--local", type=Path, help="a copy in which the edition ran without Slurm")
    arguments = parser.parse_args()
    if reason := not_here():
        print(f"error: {reason}", file=sys.stderr)
        return 1
    # Ended from outside, it clears up all the same.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="crossmodal-slurm-") as name:
        folder = Path(name)
        try:
            with packages():
                return check(folder, arguments.local)
        except ClusterError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1


def not_here() -> str | None:
    """Return why the check cannot be made on this machine, or None."""
    if os.geteuid() != 0:
        return "needs root, to install Slurm and to start its daemons"
    if shutil.which("apt-get") is None:
        return "needs apt-get, to install Debian's slurm-wlm and munge"
    if Path("/dev/nvidia0").exists():
        return "this machine has a GPU, which jobs would take for a pretended one"
    return None


def check(folder: Path, local: Path | None) -> int:
    """Run the edition without and with Slurm, print what was seen, compare."""
    fresh = Project.copy_of_this(folder / "slurm")
    expected = Project(local) if local else run_locally(fresh, folder / "local")
    (folder / "cluster").mkdir()
    with running_cluster(folder / "cluster") as cluster:
        started = time.monotonic()
        victims = run_and_disturb(fresh)
        print(f"three papers through Slurm: {time.monotonic() - started:.0f} s", flush=True)
        jobs = cluster.jobs()
    print_log(jobs)
    wrong = [
        *compare_devices(jobs),
        *compare_resources(jobs),
        *compare_victims(fresh, victims, jobs),
        *compare_results(fresh, expected),
    ]
    for line in wrong:
        print(f"WRONG: {line}")
    print("slurm-test: " + (f"{len(wrong)} wrong" if wrong else "all as it should be"))
    return 1 if wrong else 0


def run_locally(fresh: Project, folder: Path) -> Project:
    """Run the edition on this machine's cores, without Slurm."""
    project = fresh.copy_to(folder)
    started = time.monotonic()
    ended = project.run_once("--cores", str(os.cpu_count()), *EDITION)
    if ended.returncode:
        raise ClusterError(f"the run without Slurm failed:\n{ended.stderr}")
    print(f"three papers without Slurm: {time.monotonic() - started:.0f} s", flush=True)
    return project


def run_and_disturb(project: Project) -> list[Victim]:
    """Run the edition through Slurm; cancel one training, kill another."""
    environment = {**ENVIRONMENT, "CROSSMODAL_SAVE_EVERY_S": "0"}
    del environment["CUDA_VISIBLE_DEVICES"]
    screen = project.root / "run.out"
    with screen.open("wb") as stream:
        process = subprocess.Popen(
            [SNAKEMAKE, *WORDS],
            cwd=project.root,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        cancelled = find_victim(project, process, SHORT)
        ask("scancel", cancelled.job)
        note_states(project, cancelled)
        killed = find_victim(project, process, {*SHORT, cancelled.paper})
        os.kill(killed.pid, signal.SIGKILL)
        note_states(project, killed)
        returned = process.wait(timeout=TIME_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"not ready after {TIME_LIMIT_S} s:\n{tail(screen)}") from error
    finally:
        kill_group(process)
    if returned:
        raise ClusterError(f"the run through Slurm failed:\n{tail(screen)}")
    return [cancelled, killed]


def find_victim(
    project: Project, process: subprocess.Popen[bytes], spared: Collection[str]
) -> Victim:
    """Wait for a training that has saved its state, of a paper that is not spared."""
    end = time.monotonic() + TIME_LIMIT_S
    while process.poll() is None and time.monotonic() < end:
        for victim in trainings(project):
            if victim.paper not in spared and victim.states(project):
                shown = ask("squeue", "--noheader", "--format=%k", f"--job={victim.job}")
                victim.steps = shown.strip()
                return victim
        time.sleep(0.2)
    raise ClusterError(f"no training with a state was seen:\n{tail(project.root / 'run.out')}")


def trainings(project: Project) -> Iterator[Victim]:
    """Find the trainings of this copy of the project that run right now."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_text(encoding="utf-8").split("\0")
            if words[1:3] != ["-m", "crossmodal"] or "train" not in words:
                continue
            if not (entry / "cwd").samefile(project.root):
                continue
            variables = (entry / "environ").read_text(encoding="utf-8").split("\0")
        except (OSError, UnicodeDecodeError):
            continue
        environment = dict(item.split("=", 1) for item in variables if "=" in item)
        yield Victim(int(entry.name), words, environment["SLURM_JOB_ID"])


def note_states(project: Project, victim: Victim) -> None:
    """Wait for the end of a victim; note the states that it leaves."""
    end = time.monotonic() + 60
    while Path(f"/proc/{victim.pid}").exists() and time.monotonic() < end:
        time.sleep(0.02)
    victim.left = victim.states(project)


def tail(path: Path) -> str:
    """Return the last lines of a file, long ones cut."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line[:200] for line in lines[-40:])


def print_log(jobs: list[Job]) -> None:
    """Print the jobs, GPU jobs with the device they saw."""
    print("job  start     end       state      gpu  memory  partition  what")
    for job in jobs:
        start, end = job.start.partition("T")[2], job.end.partition("T")[2]
        device = "-" if job.devices is None else job.devices
        print(
            f"{job.number:<4} {start}  {end}  {job.state:<9}  {device:>3}  {job.memory:>6}"
            f"  {job.partition:<9}  {job.steps}"
        )


def most_at_once(jobs: list[Job]) -> int:
    """Return how many jobs overlapped; one may start in the second in which another ends."""
    moments = [(job.start, 1) for job in jobs] + [(job.end, -1) for job in jobs]
    most = running = 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most


def compare_devices(jobs: list[Job]) -> list[str]:
    """Return what is wrong with the use of the GPUs."""
    with_gpu = [job for job in jobs if job.gpus and job.start != "Unknown"]
    at_once = most_at_once(with_gpu)
    used = {job.devices for job in with_gpu if job.devices is not None}
    print(f"{len(with_gpu)} GPU jobs, at most {at_once} at once, on the devices {sorted(used)}")
    wrong = []
    if at_once != GPUS:
        wrong.append(f"at most {at_once} GPU jobs ran at once, expected {GPUS}")
    if used != {str(device) for device in range(GPUS)}:
        wrong.append(f"devices {sorted(used)} were used")
    wrong += [
        f"two jobs had device {device} at once"
        for device in used
        if most_at_once([job for job in with_gpu if job.devices == device]) > 1
    ]
    wrong += [
        f"{job.steps} saw device {job.devices}"
        for job in jobs
        if not job.gpus and job.devices is not None
    ]
    return wrong


def compare_resources(jobs: list[Job]) -> list[str]:
    """Return which jobs were in the wrong partition, or should have been none."""
    wrong = [
        f"{job.steps} ran in the partition {job.partition}"
        for job in jobs
        if job.partition != ("gpu" if job.gpus else "cpu")
    ]
    return wrong + [f"{job.steps} was a job" for job in jobs if job.steps == "rule_report"]


def compare_victims(project: Project, victims: list[Victim], jobs: list[Job]) -> list[str]:
    """Return which disturbed trainings were not tried again, or started over."""
    wrong = []
    for victim in victims:
        attempts = [job for job in jobs if job.steps == victim.steps]
        ends = [f"{job.number} {job.state} {job.memory}" for job in attempts]
        together = victim.attempts(project)
        print(f"{victim.steps}: {', '.join(ends)}; a run that took {together} attempts")
        if [job.state == "COMPLETED" for job in attempts] != [False, True]:
            wrong.append(f"{victim.steps} was not tried twice")
        elif attempts[0].memory == attempts[1].memory:
            wrong.append(f"{victim.steps} got no more memory at the second attempt")
        if together != 2:
            wrong.append(f"{victim.steps} did not go on from a state of the first attempt")
    return wrong


TIMED = {"report.html"}
"""Files that state times, besides `run.json`."""


def compare_results(project: Project, expected: Project) -> list[str]:
    """Return which files differ from those of the run without Slurm.

    All but those that state how long each training took.
    """
    found, wanted = project.digests("results/smoke"), expected.digests("results/smoke")
    differing = sorted(
        name
        for name in (found.keys() | wanted.keys()) - TIMED
        if found.get(name) != wanted.get(name)
    )
    print(f"{len(wanted) - len(TIMED)} files of results compared, {len(differing)} differ")
    return [f"{name} differs" for name in differing]


if __name__ == "__main__":
    sys.exit(main())
