"""MS-VAE: two encoders into one latent space, one decoder of both modalities."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from crossmodal.benchmark.data import Items
from crossmodal.benchmark.methods.base import Fitted, state_of
from crossmodal.papers.msvae.data import Clips, Split
from crossmodal.papers.msvae.losses import Gaussian
from crossmodal.papers.msvae.settings import MethodSettings
from crossmodal.papers.msvae.train import fit as fit_msvae
from crossmodal.runs import describe_network


def fit(train: Items, settings: MethodSettings, passes: int, seed: int, *, unique: bool) -> Fitted:
    """Train on pairs of vectors; classes are not used.

    Latents are Gaussians with their means and deviations side by side: the Euclidean distance of
    these is the 2-Wasserstein distance by which the paper ranks.
    """
    clips = Clips(train.picture_vector, train.sound_vector, pd.DataFrame(index=range(len(train))))
    split = Split(clips, clips, clips, 0.0, 1.0)
    switch = None if settings.kl_switch is None else min(settings.kl_switch, passes)
    chosen = settings.model_copy(update={"epochs": passes, "keep": "last", "kl_switch": switch})
    network, history = fit_msvae(split, chosen, seed)

    def side_by_side(latent: Gaussian) -> Tensor:
        return torch.cat([latent.mean, (latent.log_variance / 2).exp()], dim=1)

    def made(source: str, target: str, vectors: Tensor) -> Tensor:
        return network.parts(network.decode(source, network.encode(source, vectors).mean))[target]

    return Fitted(
        lambda items: side_by_side(network.encode("face", items.picture_vector)),
        lambda items: side_by_side(network.encode("voice", items.sound_vector)),
        "distance",
        state_of({"network": network}),
        history,
        {name: describe_network(part) for name, part in network.named_children()},
        lambda items: made("voice", "face", items.sound_vector),
        lambda items: made("face", "voice", items.picture_vector),
    )
