"""What both phases of training share: batches, optimisers, history."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from crossmodal.papers.facevoice.pairs import Trios
from crossmodal.training import Row


def adam(module: nn.Module, rate: float, beta1: float) -> torch.optim.Optimizer:
    """Return Adam over the weights of a module; fused, which is a fifth faster on the CPU."""
    return torch.optim.Adam(module.parameters(), lr=rate, betas=(beta1, 0.999), fused=True)


def step(player: torch.optim.Optimizer, loss: Any) -> None:
    """Move the weights of one optimiser down the gradient of a loss."""
    player.zero_grad()
    loss.backward()
    player.step()


def batches(trios: Trios, size: int) -> list[Tensor]:
    """Return the numbers of the trios of one shuffled pass; a last batch of one is left out."""
    return [part for part in torch.split(torch.randperm(len(trios)), size) if len(part) > 1]


def table(trios: Trios, device: torch.device) -> Tensor:
    """Return the rows of the windows of all trios, [3, n]: face, voice, other."""
    return torch.from_numpy(np.stack([trios.face, trios.voice, trios.other])).to(device)


def frame(rows: list[Row], phase: int) -> pd.DataFrame:
    """Return a phase's history: `phase, epoch` and one column a term."""
    found = pd.DataFrame(rows)
    found.insert(0, "phase", phase)
    return found
