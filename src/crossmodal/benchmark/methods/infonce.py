"""A contrastive baseline: two small branches, cosines, and the InfoNCE loss both ways.

Source: van den Oord, Li, Vinyals, Representation learning with contrastive predictive coding,
2018; with classes, every pair of a class is a match (Khosla et al., Supervised contrastive
learning, NeurIPS 2020).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from crossmodal.benchmark.data import Items
from crossmodal.benchmark.methods.base import Fitted, batches, state_of
from crossmodal.benchmark.settings import InfonceSettings
from crossmodal.runs import describe_network
from crossmodal.training import update

_HALVINGS = 3


class Branch(nn.Module):
    """Three convolutions with pooling, or two layers where there are vectors, and a linear map."""

    def __init__(self, maps: Tensor, vectors: Tensor, settings: InfonceSettings) -> None:
        super().__init__()
        self.convolves = maps.shape[1] > 0
        layers: list[nn.Module] = []
        if self.convolves:
            channels = [maps.shape[1], *(settings.width << place for place in range(_HALVINGS))]
            for before, after in pairwise(channels):
                layers += [
                    nn.Conv2d(before, after, 3, padding=1, bias=False),
                    nn.BatchNorm2d(after),
                    nn.ReLU(),
                    nn.MaxPool2d(2),
                ]
            cells = (maps.shape[2] >> _HALVINGS) * (maps.shape[3] >> _HALVINGS)
            width = channels[-1] * cells
        else:
            width = 16 * settings.width
            layers += [nn.Linear(vectors.shape[1], width), nn.BatchNorm1d(width), nn.ReLU()]
        top = [nn.Flatten(), nn.Dropout(settings.dropout), nn.Linear(width, settings.embedding)]
        self.layers = nn.Sequential(*layers, *top)

    def forward(self, maps: Tensor, vectors: Tensor) -> Tensor:
        """Return embeddings of length 1, [n, embedding], of maps or vectors."""
        return functional.normalize(self.layers(maps if self.convolves else vectors))


def contrast(picture: Tensor, sound: Tensor, answer: Tensor, temperature: float) -> Tensor:
    """Return the InfoNCE loss of a batch, both ways, a scalar.

    Each item is to be likest to those of the other modality that share its answer, equally to all.

    Args:
        picture: [n, d], of length 1.
        sound: [n, d], of length 1.
        answer: [n].
    """
    logits = picture @ sound.T / temperature
    matches = (answer[:, None] == answer[None, :]).float()
    matches = matches / matches.sum(dim=1, keepdim=True)
    return (
        functional.cross_entropy(logits, matches) + functional.cross_entropy(logits.T, matches)
    ) / 2


def fit(train: Items, settings: InfonceSettings, passes: int, seed: int, *, unique: bool) -> Fitted:
    """Train both branches."""
    device = train.answer.device
    picture = Branch(train.picture, train.picture_vector, settings).to(device)
    sound = Branch(train.sound, train.sound_vector, settings).to(device)
    both = nn.ModuleList([picture, sound])
    optimizer = torch.optim.AdamW(
        both.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    steps = passes * -(-len(train) // settings.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    history = []
    for epoch in range(passes):
        losses: list[Tensor] = []
        for rows in batches(train.answer, settings.batch):
            batch = train.take(rows)
            loss: Any = contrast(
                picture(batch.picture, batch.picture_vector),
                sound(batch.sound, batch.sound_vector),
                batch.answer,
                settings.temperature,
            )
            update(optimizer, loss)
            schedule.step()
            losses.append(loss.detach())
        history.append({"epoch": epoch + 1, "loss": float(torch.stack(losses).mean())})
    both.eval()
    networks = {"picture": picture, "sound": sound}
    return Fitted(
        lambda items: picture(items.picture, items.picture_vector),
        lambda items: sound(items.sound, items.sound_vector),
        "cosine",
        state_of(networks),
        pd.DataFrame(history),
        {name: describe_network(network) for name, network in networks.items()},
    )
