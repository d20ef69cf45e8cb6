"""Which device a job computes on, and with how many threads.

Libraries are imported inside the functions: what computes with one of them shall not wait for the
others to load.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from crossmodal.gpu_lock import Gpu, Slot, list_gpus, take_slot

if TYPE_CHECKING:
    import torch


def choose_device(threads: int, *, gpu: bool = True) -> torch.device:
    """Return the device for this job and fix everything that makes results repeatable.

    A GPU is taken when there is one, and kept from other jobs until this process ends
    (`take_slot`); `CUDA_VISIBLE_DEVICES`, set by a scheduler or a person, is obeyed. Without a GPU
    it is the CPU with exactly `threads` threads, because the order of sums, and with it the last
    digits of a result, depend on their number. The log says what was chosen.

    Args:
        gpu: Whether the job gains from a GPU; one that does not leaves them to the others.

    Raises:
        InputError: The locks that share out the GPUs cannot be trusted.
    """
    import torch

    torch.set_num_threads(threads)
    _leave_compiler_unloaded()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # As use_deterministic_algorithms(True), which loads torch's compiler for a second.
    torch.set_deterministic_debug_mode("error")
    built: bool = torch.backends.cuda.is_built()  # type: ignore[no-untyped-call]
    slot = _take_slot() if gpu and built else None
    device = torch.device("cuda" if gpu and torch.cuda.is_available() else "cpu")
    if slot is not None and device.type == "cpu":  # the driver is too old, say
        slot.release()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if device.type == "cuda" and visible is None:
        logging.getLogger(__name__).warning(
            "the driver lists no GPU to keep others from: jobs at the same time share the first one"
        )
    logging.getLogger(__name__).info(
        "device: %s, threads: %d, CUDA_VISIBLE_DEVICES %s",
        slot.gpu.title if slot is not None and device.type == "cuda" else device_name(device),
        threads,
        "is not set" if visible is None else repr(visible),
    )
    return device


def _take_slot() -> Slot | None:
    """Take a GPU for this process alone; None where somebody has chosen already, or there is none.

    One device named from outside is taken as it is. Of several, jobs that run at once take one
    each. Must come before CUDA starts, which reads `CUDA_VISIBLE_DEVICES` only then.
    """
    import torch

    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    started: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    if started or (given is not None and "," not in given):
        return None
    gpus = chosen_gpus(list_gpus(), given)
    if not gpus:
        return None
    slot = take_slot(gpus)
    os.environ["CUDA_VISIBLE_DEVICES"] = slot.gpu.uuid
    return slot


def chosen_gpus(gpus: Sequence[Gpu], given: str | None) -> list[Gpu]:
    """Return the GPUs that `CUDA_VISIBLE_DEVICES` names, by number or UUID; all when it is None.

    Returns:
        Empty when it names one that is not there: CUDA itself shall judge it.
    """
    if given is None:
        return list(gpus)
    names = [name.strip() for name in given.split(",")]
    found = [
        gpu
        for name in names
        for gpu in gpus
        if name == str(gpu.number) or (name[:4] in ("GPU-", "MIG-") and gpu.uuid.startswith(name))
    ]
    return found if len(found) == len(names) else []


def _leave_compiler_unloaded() -> None:
    """Spare a job the second in which torch loads its compiler to keep it out of optimizers.

    The first call of some of their methods does that (`torch._compile._disable_dynamo`), and
    remembers the outcome here. Nothing is compiled, so there is nothing to keep out.
    """
    import torch

    for method in vars(torch.optim.Optimizer).values():
        original = getattr(method, "__wrapped__", None)
        if original is not None and getattr(method, "__module__", "") == "torch.optim.optimizer":
            original.__dynamo_disable = original


def device_name(device: torch.device) -> str:
    """Return a name for run.json: the GPU's product name, or "cpu"."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


_GPU_IS_FULL = (
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


def exhausted_memory(error: Exception) -> Literal["GPU", "machine"] | None:
    """Return whose memory ran out when an error says so; torch has several ways to say it."""
    text = str(error)
    if type(error).__name__ == "OutOfMemoryError" or any(mark in text for mark in _GPU_IS_FULL):
        return "GPU"
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in text:
        return "machine"
    return None


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Keep torch to one thread, so that sums always have the same order."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep OpenCV, BLAS and OpenMP to one thread, so that sums always have the same order."""
    import cv2
    from threadpoolctl import threadpool_limits

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        cv2.setNumThreads(threads)
