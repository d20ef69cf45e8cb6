import os
from pathlib import Path

import pytest
import torch

from crossmodal import devices, gpu_lock
from crossmodal.devices import choose_device, chosen_gpus, device_name
from crossmodal.gpu_lock import Gpu

GPUS = [Gpu("GPU-aa1", 0, "GPU 0, Pretended"), Gpu("GPU-bb2", 1, "GPU 1, Pretended")]


@pytest.fixture(autouse=True)
def _restore_torch(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv(
        "CUBLAS_WORKSPACE_CONFIG", os.environ.get("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    )
    # Put back afterwards, whatever a test makes of it.
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible or "")
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(strict)


def pretend_gpus(monkeypatch: pytest.MonkeyPatch, gpus: list[Gpu], *, usable: bool = True) -> None:
    """Let torch and the driver's tool see GPUs that are not there."""
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: usable)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Pretended")
    monkeypatch.setattr(devices, "list_gpus", lambda: gpus)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the locks, for this test alone."""
    monkeypatch.setattr(gpu_lock, "lock_folder", lambda: tmp_path / "slots")
    return tmp_path / "slots"


def test_without_a_gpu_the_cpu_with_exactly_the_threads_asked_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pretend_gpus(monkeypatch, [], usable=False)
    device = choose_device(2)
    assert device == torch.device("cpu")
    assert device_name(device) == "cpu"
    assert torch.get_num_threads() == 2
    assert caplog.messages == ["device: cpu, threads: 2, CUDA_VISIBLE_DEVICES is not set"]
    assert torch.are_deterministic_algorithms_enabled()


def test_a_gpu_that_cannot_be_locked_is_taken_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pretend_gpus(monkeypatch, [])
    assert choose_device(1) == torch.device("cuda")
    assert "the driver lists no GPU" in caplog.text
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_jobs_take_one_device_each_and_the_log_says_which(
    monkeypatch: pytest.MonkeyPatch, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pretend_gpus(monkeypatch, GPUS)
    for gpu in GPUS:
        # As in a process of its own.
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        assert choose_device(3) == torch.device("cuda")
        assert os.environ["CUDA_VISIBLE_DEVICES"] == gpu.uuid
        assert caplog.messages[-1] == (
            f"device: {gpu.title}, threads: 3, CUDA_VISIBLE_DEVICES {gpu.uuid!r}"
        )


@pytest.mark.parametrize("given", ["1", "", "GPU-aa1", "NoDevFiles"])
def test_one_device_or_none_named_from_outside_is_obeyed(
    given: str, monkeypatch: pytest.MonkeyPatch, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pretend_gpus(monkeypatch, GPUS)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    choose_device(1)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == given
    assert caplog.messages[-1].endswith(f"CUDA_VISIBLE_DEVICES {given!r}")
    assert not folder.exists()


def test_of_several_devices_named_from_outside_a_job_takes_one(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    more = [*GPUS, Gpu("GPU-cc3", 2, "GPU 2, Pretended")]
    pretend_gpus(monkeypatch, more)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-bb")
    choose_device(1)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-cc3"
    assert [path.name for path in folder.glob("*.lock")] == ["GPU-cc3.lock"]


@pytest.mark.parametrize("given", ["0,7", "0,MIG-dd4", "GPU,1", "0,-1"])
def test_names_that_are_not_known_are_left_to_cuda(given: str) -> None:
    assert chosen_gpus(GPUS, given) == []


def test_a_job_that_gains_nothing_from_a_gpu_takes_none(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    pretend_gpus(monkeypatch, GPUS)
    assert choose_device(1, gpu=False) == torch.device("cpu")
    assert not folder.exists()


def test_a_gpu_that_torch_cannot_use_is_given_back(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    pretend_gpus(monkeypatch, GPUS[:1], usable=False)
    assert choose_device(1) == torch.device("cpu")
    # Were it held, this would wait for ever.
    gpu_lock.take_slot(GPUS[:1]).release()


def test_a_torch_without_cuda_takes_no_slot(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    pretend_gpus(monkeypatch, GPUS, usable=False)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    assert choose_device(1) == torch.device("cpu")
    assert not folder.exists()


def test_what_a_person_set_for_cublas_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    choose_device(1)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_is_named_by_its_product() -> None:
    assert device_name(choose_device(1)) == torch.cuda.get_device_name()
