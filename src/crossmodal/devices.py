"""Which device a job computes on, and with how many threads."""

from __future__ import annotations

import os

import torch


def choose_device(threads: int) -> torch.device:
    """Return the device for this job and fix everything that makes results repeatable.

    A GPU is taken when there is one (`CUDA_VISIBLE_DEVICES`, set by a scheduler or a person, is
    obeyed); otherwise the CPU with exactly `threads` threads, because the order of sums, and with
    it the last digits of a result, depend on their number.
    """
    torch.set_num_threads(threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name(device: torch.device) -> str:
    """Return a name for run.json: the GPU's product name, or "cpu"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
