"""Embeddings of whole parts of a corpus, a few items at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crossmodal.papers.captions.data import Pairs
from crossmodal.papers.captions.model import TwoBranches

BLOCK = 64


def embed_images(network: TwoBranches, features: Tensor) -> NDArray[np.float32]:
    """Return the embeddings [m, d] of image features [m, width]; dropout is off meanwhile."""
    training = network.training
    network.eval()
    with torch.inference_mode():
        found = network.embed_images(features)
    network.train(training)
    return np.asarray(found.cpu().numpy(), dtype=np.float32)


def embed_captions(network: TwoBranches, pairs: Pairs, rows: Tensor) -> NDArray[np.float32]:
    """Return the embeddings [len(rows), d] of some captions, in the order of `rows`.

    Captions of like length go together, so that little padding is computed.
    """
    training = network.training
    network.eval()
    order = torch.argsort(pairs.lengths[rows.to(pairs.lengths.device)].cpu(), stable=True)
    found = torch.empty(len(rows), network.settings.embedding)
    with torch.inference_mode():
        for part in torch.split(order, BLOCK):
            found[part] = network.embed_captions(*pairs.captions(rows[part])).cpu()
    network.train(training)
    return np.asarray(found.numpy(), dtype=np.float32)
