"""A Slurm of one node with two pretended GPUs, for as long as a test lasts.

Everything lies in a folder of its own, except the configuration: a job step looks for it in
/etc/slurm and nowhere else.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("slurm-wlm", "munge")
CONFIGURATION = Path("/etc/slurm")
GPUS = 2
# More than this machine may have: the node says so, and nobody checks.
CPUS = 4
MEMORY_MB = 48_000
NO_DEVICE = "none"

SLURM_CONF = """\
ClusterName=crossmodal
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MinJobAge=36000
TaskProlog={folder}/task_starts
SchedulerParameters=batch_sched_delay=0,sched_interval=5
MpiDefault=none
ReturnToService=2
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory_mb} Gres=gpu:{gpus} State=UNKNOWN
PartitionName=cpu Nodes={host} Default=YES
PartitionName=gpu Nodes={host}
"""
# Any character devices will do; no job opens them.
GRES_CONF = """\
AutoDetect=off
NodeName={host} Name=gpu File=/dev/null
NodeName={host} Name=gpu File=/dev/zero
"""
# Runs in the environment of every task, before it. Its standard output would be read by Slurm.
TASK_STARTS = """\
#!/bin/sh
devices="${{CUDA_VISIBLE_DEVICES:-{no_device}}}"
echo "$SLURM_JOB_ID ${{SLURM_STEP_ID:-batch}} $devices" >> {folder}/tasks.txt
"""


class ClusterError(RuntimeError):
    """The cluster cannot be started here, or does not come up."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    folder: Path

    def jobs(self) -> list[Job]:
        """Return all jobs it was ever given, in the order of their numbers."""
        path = self.folder / "tasks.txt"
        tasks = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        # The batch script and the step in it see the same devices.
        devices = {number: seen for number, step, seen in map(str.split, tasks) if step == "0"}
        records = ask("scontrol", "--details", "--oneliner", "show", "job").splitlines()
        jobs = [Job.of(record, devices) for record in records if record.startswith("JobId=")]
        return sorted(jobs, key=lambda job: job.number)


@dataclass(frozen=True)
class Job:
    """A job as Slurm remembers it.

    Attributes:
        number: Slurm's number.
        steps: The rule or group of rules, and the wildcards.
        state: COMPLETED, CANCELLED, FAILED, ...
        start: When it started, ISO 8601; `Unknown` before.
        end: When it ended.
        partition: Where.
        gpus: How many it asked for.
        memory: What it asked for, as Slurm writes it.
        devices: CUDA_VISIBLE_DEVICES as its step saw it; None if it had none or never started.
    """

    number: int
    steps: str
    state: str
    start: str
    end: str
    partition: str
    gpus: int
    memory: str
    devices: str | None

    @classmethod
    def of(cls, record: str, devices: Mapping[str, str]) -> Job:
        """Read a line of `scontrol show job`."""
        fields = dict(word.split("=", 1) for word in record.split() if "=" in word)
        asked = re.search(r"gpu:(\d+)", fields.get("TresPerJob", ""))
        seen = devices.get(fields["JobId"], NO_DEVICE)
        return cls(
            number=int(fields["JobId"]),
            steps=fields.get("Comment", ""),
            state=fields["JobState"],
            start=fields["StartTime"],
            end=fields["EndTime"],
            partition=fields["Partition"],
            gpus=int(asked[1]) if asked else 0,
            memory=fields.get("MinMemoryNode", ""),
            devices=None if seen == NO_DEVICE else seen,
        )


def installed_packages() -> set[str]:
    """Return the names of Debian's packages on this machine."""
    command = ["dpkg-query", "--show", "--showformat", "${Package}\n"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


@contextmanager
def packages() -> Iterator[None]:
    """Install Slurm and munge; purge afterwards what was not there before."""
    before = installed_packages()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def apt_get(*words: str) -> None:
        command = ["apt-get", "--quiet", "--quiet", "--yes", *words]
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise ClusterError(f"apt-get {words[0]} failed: {ended.stderr.strip()}")

    try:
        if not before.issuperset(PACKAGES):
            apt_get("update")
            apt_get("install", "--no-install-recommends", *PACKAGES)
        yield
    finally:
        added = installed_packages() - before
        if added:
            apt_get("purge", *sorted(added))


@contextmanager
def configuration(folder: Path) -> Iterator[None]:
    """Write the configuration of a cluster that keeps everything else in `folder`."""
    values = {
        "folder": folder,
        "host": socket.gethostname().partition(".")[0],
        "port": free_port(),
        "node_port": free_port(),
        "cpus": CPUS,
        "memory_mb": MEMORY_MB,
        "gpus": GPUS,
        "no_device": NO_DEVICE,
    }
    contents = {"slurm.conf": SLURM_CONF, "gres.conf": GRES_CONF}
    there = CONFIGURATION.is_dir()
    written: list[Path] = []
    try:
        CONFIGURATION.mkdir(exist_ok=True)
        for name, content in contents.items():
            path = CONFIGURATION / name
            try:
                stream = path.open("x", encoding="utf-8")
            except FileExistsError as error:
                raise ClusterError(f"{path} exists: this machine has a Slurm already") from error
            written.append(path)
            with stream:
                stream.write(content.format(**values))
        starts = folder / "task_starts"
        starts.write_text(TASK_STARTS.format(**values), encoding="utf-8")
        starts.chmod(0o755)
        yield
    finally:
        for path in written:
            path.unlink()
        if not there:
            shutil.rmtree(CONFIGURATION)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def daemon(folder: Path, *command: str) -> Iterator[None]:
    """Run a daemon as a child of this process, which it does not outlive."""
    name = Path(command[0]).name
    with (folder / f"{name}.out").open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Start a cluster in an empty folder; stop its jobs and daemons in the end.

    Raises:
        ClusterError: It does not come up, or this machine has a Slurm already.
    """
    # Daemons and jobs pass through here under other names.
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(128))
    munge = ["munged", "--foreground", "--force", f"--key-file={key}"]
    munge += [f"--{name}-file={folder}/munge.{name}" for name in ("pid", "log", "seed")]
    with ExitStack() as stack:
        stack.enter_context(configuration(folder))
        stack.enter_context(daemon(folder, *munge, f"--socket={folder}/munge.socket"))
        wait_until((folder / "munge.socket").exists, "munged does not answer", folder)
        stack.enter_context(daemon(folder, "slurmctld", "-D"))
        stack.enter_context(daemon(folder, "slurmd", "-D"))
        wait_until(node_is_idle, "the node does not come up", folder)
        stack.callback(end_all_jobs)
        yield Cluster(folder)


def wait_until(reached: object, otherwise: str, folder: Path, seconds: float = 60) -> None:
    """Wait until a function returns true.

    Raises:
        ClusterError: It does not within so many seconds.
    """
    assert callable(reached)
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            logs = "\n".join(
                f"{path.name}: {line}"
                for path in sorted(folder.glob("*.log"))
                for line in path.read_text(encoding="utf-8").splitlines()[-8:]
            )
            raise ClusterError(f"{otherwise}\n{logs}")
        time.sleep(0.2)


def node_is_idle() -> bool:
    """Say whether the node takes jobs."""
    return ask("sinfo", "--noheader", "--format=%T").strip().split("\n")[0] == "idle"


def end_all_jobs() -> None:
    """Cancel whatever is queued or runs, and wait until it is gone."""
    ask("scancel", "--user=root")
    end = time.monotonic() + 60
    while ask("squeue", "--noheader").strip() and time.monotonic() < end:
        time.sleep(0.2)


def ask(*command: str) -> str:
    """Return what a command of Slurm prints; nothing where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
