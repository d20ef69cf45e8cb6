"""Slots in real processes; the devices are pretended, the locks are not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pynvml
import pytest

from crossmodal.errors import InputError
from crossmodal.gpu_lock import Gpu, list_gpus, take_slot

GPUS = [Gpu("GPU-aa", 0, "GPU 0, Pretended"), Gpu("GPU-bb", 1, "GPU 1, Pretended")]

# Takes a slot, says which, and works until it is told to stop.
JOB = """
import sys
from pathlib import Path
from crossmodal.gpu_lock import Gpu, take_slot
gpus = [Gpu(f"GPU-{n}", number, f"GPU {number}") for number, n in enumerate(("aa", "bb"))]
print(take_slot(gpus, Path(sys.argv[1])).gpu.uuid, flush=True)
sys.stdin.read()
"""


@dataclass
class Jobs:
    """Real processes that take slots in one folder."""

    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[str]:
        job = subprocess.Popen(
            [sys.executable, "-c", JOB, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(job)
        return job


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path / "slots")
    yield jobs
    for job in jobs.started:
        job.kill()
        job.communicate()


def said(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


@pytest.mark.parametrize("ending", ["kill -9", "end"])
def test_two_devices_take_two_jobs_and_the_third_gets_the_slot_of_one_that_ends(
    jobs: Jobs, ending: str
) -> None:
    first, second = jobs.start(), jobs.start()
    assert {said(first.stdout), said(second.stdout)} == {"GPU-aa", "GPU-bb"}
    third = jobs.start()
    # It waits, and says for whom.
    waiting = [said(third.stderr), said(third.stderr)]
    assert waiting[0].startswith("waiting: GPU 0 is held by process ")
    assert waiting[1].startswith("waiting: GPU 1 is held by process ")
    holders = [int(line.split("process ")[1].split()[0]) for line in waiting]
    assert set(holders) == {first.pid, second.pid}
    assert third.poll() is None
    if ending == "end":
        first.communicate("")
    else:
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert said(third.stdout) == ["GPU-aa", "GPU-bb"][holders.index(first.pid)]
    assert second.poll() is None


def test_slots_of_one_process_are_apart_and_can_be_given_back(tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    one, two = take_slot(GPUS, folder), take_slot(GPUS, folder)
    assert [one.gpu, two.gpu] == GPUS
    one.release()
    again = take_slot(GPUS, folder)
    assert again.gpu == GPUS[0]
    again.release()
    two.release()


def test_folder_and_locks_are_the_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    take_slot(GPUS[:1], folder).release()
    assert sorted(path.name for path in folder.iterdir()) == ["GPU-aa.holder", "GPU-aa.lock"]
    modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "GPU-aa.lock")]
    assert modes == [0o700, 0o600]


def test_a_folder_that_others_can_write_into_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(InputError, match=r"belongs to you alone.*CUDA_VISIBLE_DEVICES"):
        take_slot(GPUS, folder)


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "slots").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="belongs to you alone"):
        take_slot(GPUS, tmp_path / "slots")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    with pytest.raises(InputError, match="belongs to you alone"):
        take_slot(GPUS, folder)


def test_a_link_in_place_of_a_lock_file_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    folder.mkdir(mode=0o700)
    (tmp_path / "precious").write_text("kept")
    (folder / "GPU-aa.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"):
        take_slot(GPUS[:1], folder)
    assert (tmp_path / "precious").read_text() == "kept"


class Driver:
    """Answers like NVML: two GPUs, of which the first may be divided into two instances."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, divided: bool) -> None:
        self.divided = divided
        for name in ("Init", "Shutdown"):
            monkeypatch.setattr(pynvml, f"nvml{name}", lambda: None)
        for name, answer in {
            "Count": lambda: 2,
            "HandleByIndex": str,
            "Name": lambda handle: "A100 MIG 3g.20gb" if "/" in handle else "A100",
            "UUID": lambda handle: f"MIG-{handle}" if "/" in handle else f"GPU-{handle}",
            "MigMode": self.mode,
            "MaxMigDeviceCount": lambda handle: 7,
            "MigDeviceHandleByIndex": self.instance,
        }.items():
            monkeypatch.setattr(pynvml, f"nvmlDeviceGet{name}", answer)

    def mode(self, handle: str) -> list[int]:
        if handle == "1":
            raise pynvml.NVMLError_NotSupported
        return [int(self.divided), 0]

    def instance(self, handle: str, place: int) -> str:
        if place not in (0, 3):
            raise pynvml.NVMLError_NotFound
        return f"{handle}/{place}"


def test_whole_gpus_are_listed_by_number_and_uuid(monkeypatch: pytest.MonkeyPatch) -> None:
    Driver(monkeypatch, divided=False)
    assert list_gpus() == [Gpu("GPU-0", 0, "GPU 0, A100"), Gpu("GPU-1", 1, "GPU 1, A100")]


def test_of_a_divided_gpu_the_instances_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    Driver(monkeypatch, divided=True)
    assert list_gpus() == [
        Gpu("MIG-0/0", None, "GPU 0, A100 MIG 3g.20gb"),
        Gpu("MIG-0/3", None, "GPU 0, A100 MIG 3g.20gb"),
        Gpu("GPU-1", 1, "GPU 1, A100"),
    ]


@pytest.mark.parametrize("fails", ["nvmlInit", "nvmlDeviceGetCount"])
def test_without_a_driver_no_gpu_is_listed(fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise pynvml.NVMLError_LibraryNotFound

    Driver(monkeypatch, divided=False)
    monkeypatch.setattr(pynvml, fails, fail)
    assert list_gpus() == []


def test_the_instance_of_a_divided_gpu_is_locked_under_a_plain_name(tmp_path: Path) -> None:
    slot = take_slot([Gpu("MIG-GPU-5d5ba0d6/2/0", None, "instance")], tmp_path / "slots")
    names = sorted(path.name for path in (tmp_path / "slots").iterdir())
    assert names == ["MIG-GPU-5d5ba0d6_2_0.holder", "MIG-GPU-5d5ba0d6_2_0.lock"]
    slot.release()
