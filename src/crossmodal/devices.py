"""Which device a job computes on, and with how many threads.

Libraries are imported inside the functions: what computes with one of them shall not wait for the
others to load.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def choose_device(threads: int) -> torch.device:
    """Return the device for this job and fix everything that makes results repeatable.

    A GPU is taken when there is one (`CUDA_VISIBLE_DEVICES`, set by a scheduler or a person, is
    obeyed); otherwise the CPU with exactly `threads` threads, because the order of sums, and with
    it the last digits of a result, depend on their number.
    """
    import torch

    torch.set_num_threads(threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # As use_deterministic_algorithms(True), which loads torch's compiler for a second.
    torch.set_deterministic_debug_mode("error")
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name(device: torch.device) -> str:
    """Return a name for run.json: the GPU's product name, or "cpu"."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


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
