"""CMCGAN: encoders and decoders of both modalities, a discriminator of pairs."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from crossmodal import training
from crossmodal.benchmark.data import Items
from crossmodal.benchmark.methods.base import Fitted, state_of
from crossmodal.benchmark.settings import CmcganSettings
from crossmodal.papers.cmcgan.layers import Shape
from crossmodal.papers.cmcgan.train import decay, gan_step, new_cmcgan
from crossmodal.runs import describe_network
from crossmodal.training import Row

_BANDS = 32
"""Bands that the networks see: a power of two."""

_NOISE_SEED = 0


def fit(train: Items, settings: CmcganSettings, passes: int, seed: int, *, unique: bool) -> Fitted:
    """Train generator and discriminator, rates falling to zero over the second half.

    The paper ranks nothing. Here an item is embedded as its picture and its sound side by side,
    each less the training mean and of length 1, the one that it lacks being made of the one that
    it has: a cosine is then the mean likeness of both sides.
    """
    device = train.answer.device
    size = (train.picture.shape[2], train.picture.shape[3])
    shape = Shape(size, (_BANDS, train.sound.shape[3]), settings.width, noise=settings.noise)
    gan = new_cmcgan(shape, settings, device)
    parts = gan.parts()
    optimizers = gan.generator_optimizer, gan.discriminator_optimizer
    schedules = [decay(optimizer, passes) for optimizer in optimizers]
    answer, steps = train.answer.cpu(), max(1, len(train) // settings.batch)

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        batch = train.take(rows.to(device))
        return gan_step(gan, _pictures(batch), _sounds(batch), answer[rows])

    def close(means: Row, epoch: int) -> Row:
        for schedule in schedules:
            schedule.step()
        return means

    history = training.fit(
        parts,
        None,
        epochs=passes,
        draw=lambda: torch.split(torch.randperm(len(train)), settings.batch)[:steps],
        step=step,
        close=close,
    )
    generator = gan.generator.eval()

    def noise(rows: int) -> Tensor:
        source = torch.Generator().manual_seed(_NOISE_SEED)
        return generator.draw_noise(rows, source).to(device)

    def picture_from_sound(items: Items) -> Tensor:
        made = generator.translate("AAV", _sounds(items), noise(len(items)))
        return made if items.picture.shape[1] == 3 else made.mean(dim=1, keepdim=True)

    def sound_from_picture(items: Items) -> Tensor:
        made = generator.translate("VVA", _pictures(items), noise(len(items)))
        bands = items.sound.shape[2:]
        return functional.interpolate(made, list(bands), mode="bilinear", align_corners=False)

    picture_mean, sound_mean = train.picture.mean(dim=0), train.sound.mean(dim=0)

    def both(picture: Tensor, sound: Tensor) -> Tensor:
        sides = ((picture - picture_mean).flatten(1), (sound - sound_mean).flatten(1))
        return torch.cat([functional.normalize(side) for side in sides], dim=1)

    return Fitted(
        lambda items: both(items.picture, sound_from_picture(items)),
        lambda items: both(picture_from_sound(items), items.sound),
        "cosine",
        {
            **state_of({"generator": generator}),
            "picture_mean": picture_mean.cpu(),
            "sound_mean": sound_mean.cpu(),
        },
        pd.DataFrame(history),
        {name: describe_network(part) for name, part in generator.named_children()},
        picture_from_sound,
        sound_from_picture,
    )


def _pictures(items: Items) -> Tensor:
    """Return pictures in three channels, grey ones in three equal ones."""
    return items.picture.expand(-1, 3, -1, -1)


def _sounds(items: Items) -> Tensor:
    """Return sounds with as many bands as the networks take."""
    shape = [_BANDS, items.sound.shape[3]]
    return functional.interpolate(items.sound, shape, mode="bilinear", align_corners=False)
