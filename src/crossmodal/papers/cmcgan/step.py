"""One step of Algorithm 1, with everything that can be shared computed once."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from crossmodal.papers.cmcgan import losses
from crossmodal.papers.cmcgan.discriminator import (
    PairDiscriminator,
    RealismDiscriminator,
    draw_wrong,
    frozen,
    update,
)
from crossmodal.papers.cmcgan.layers import use_channels_last
from crossmodal.papers.cmcgan.model import Generator, Paths, Shape
from crossmodal.papers.cmcgan.settings import ModelSettings


class Adversaries:
    """A generator, its discriminator and their optimisers."""

    def __init__(self, shape: Shape, settings: ModelSettings, device: torch.device) -> None:
        self.settings = settings
        self.device = device
        self.generator = Generator(shape).to(device)
        self.discriminator: PairDiscriminator | RealismDiscriminator
        if settings.loss == "realism":
            self.discriminator = RealismDiscriminator(shape).to(device)
        else:
            self.discriminator = PairDiscriminator(shape).to(device)
        if settings.channels_last:
            use_channels_last(self.generator)
            use_channels_last(self.discriminator)
        self.generator_optimiser = torch.optim.Adam(
            self.generator.parameters(), lr=settings.learning_rate, fused=True
        )
        self.discriminator_optimiser = torch.optim.SGD(
            self.discriminator.parameters(),
            lr=settings.discriminator_rate,
            momentum=settings.momentum,
            fused=True,
        )

    def parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        """Return everything whose state decides how training goes on."""
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimiser": self.generator_optimiser,
            "discriminator_optimiser": self.discriminator_optimiser,
        }

    def step(self, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Update the discriminator once and the generator K times.

        The generator's forward pass serves the discriminator's update and the first of the
        generator's own, since the generator does not change in between.

        Args:
            x: Pictures [n, 3, h, w].
            a: Sounds [n, 1, bands, steps] of the same clips.
            label: [n], on the CPU.

        Returns:
            Every loss term by itself, detached.
        """
        wrong = draw_wrong(label).to(self.device), draw_wrong(label).to(self.device)
        terms: dict[str, Tensor] = {}
        for number in range(self.settings.generator_steps):
            with self._precision():
                z = self.generator.draw_noise(len(x)).to(self.device)
                paths = self.generator(x, a, z, cross=self.settings.paths == "four")
            if number == 0:
                terms |= self._update_discriminator(x, a, paths, wrong)
            terms |= self._update_generator(x, a, paths)
        return {name: value.detach() for name, value in terms.items()}

    def _precision(self) -> AbstractContextManager:
        lowered = self.settings.precision == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=lowered)

    def _fakes(self, paths: Paths) -> tuple[Tensor, Tensor]:
        """Return what the discriminator takes for generated pictures and sounds, [m, ...]."""
        if self.settings.fakes == "ends":
            images, sounds = (paths.rf_image, paths.fr_image), (paths.rf_sound, paths.fr_sound)
        else:
            images, sounds = (paths.f_image, paths.r_image), (paths.f_sound, paths.r_sound)
        return (
            torch.cat([part for part in images if part is not None]),
            torch.cat([part for part in sounds if part is not None]),
        )

    def _update_discriminator(
        self, x: Tensor, a: Tensor, paths: Paths, wrong: tuple[Tensor, Tensor]
    ) -> dict[str, Tensor]:
        images, sounds = (fake.detach() for fake in self._fakes(paths))
        with self._precision():
            if isinstance(self.discriminator, RealismDiscriminator):
                terms = self._realism_terms(self.discriminator, x, a, images, sounds)
            else:
                terms = self._pair_terms(self.discriminator, x, a, images, sounds, wrong)
            loss = torch.stack(list(terms.values())).sum()
        update(self.discriminator_optimiser, loss)
        return terms

    def _pair_terms(
        self,
        judge: PairDiscriminator,
        x: Tensor,
        a: Tensor,
        images: Tensor,
        sounds: Tensor,
        wrong: tuple[Tensor, Tensor],
    ) -> dict[str, Tensor]:
        n, times = len(x), len(images) // len(x)
        seen = judge.encode_image(torch.cat([x, images]))
        heard = judge.encode_sound(torch.cat([a, sounds]))
        real_seen, real_heard = seen[:n], heard[:n]
        real = judge.score(real_seen, real_heard)
        fake_sound = judge.score(real_seen.repeat(times, 1, 1, 1), heard[n:])
        fake_image = judge.score(seen[n:], real_heard.repeat(times, 1, 1, 1))
        terms = {"d_forgery": losses.forgery_loss(real, fake_sound, fake_image)}
        if self.settings.loss == "joint":
            wrong_image, wrong_sound = wrong
            terms["d_mismatch"] = losses.mismatch_loss(
                real,
                judge.score(real_seen, real_heard[wrong_sound]),
                judge.score(real_seen[wrong_image], real_heard),
            )
        return terms

    def _realism_terms(
        self, judge: RealismDiscriminator, x: Tensor, a: Tensor, images: Tensor, sounds: Tensor
    ) -> dict[str, Tensor]:
        n = len(x)
        seen = judge.score_image(torch.cat([x, images]))
        heard = judge.score_sound(torch.cat([a, sounds]))
        return {
            "d_image": losses.judged_real(seen[:n]) + losses.judged_fake(seen[n:]),
            "d_sound": losses.judged_real(heard[:n]) + losses.judged_fake(heard[n:]),
        }

    def _update_generator(self, x: Tensor, a: Tensor, paths: Paths) -> dict[str, Tensor]:
        images, sounds = self._fakes(paths)
        with self._precision(), frozen(self.discriminator):
            fooling = losses.generator_loss(*self._judged(x, a, images, sounds))
            ends = losses.consistency_terms(paths, x, a)
            consistency = torch.stack(list(ends.values())).sum()
            loss = self.settings.adversarial * fooling + self.settings.consistency * consistency
        update(self.generator_optimiser, loss)
        return {"g_adversarial": fooling, **{f"l1_{name}": end for name, end in ends.items()}}

    def _judged(
        self, x: Tensor, a: Tensor, images: Tensor, sounds: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the logits [m] of generated sounds and of generated pictures."""
        judge, times = self.discriminator, len(images) // len(x)
        if isinstance(judge, RealismDiscriminator):
            return judge.score_sound(sounds), judge.score_image(images)
        with torch.no_grad():
            real_seen = judge.encode_image(x).repeat(times, 1, 1, 1)
            real_heard = judge.encode_sound(a).repeat(times, 1, 1, 1)
        return (
            judge.score(real_seen, judge.encode_sound(sounds)),
            judge.score(judge.encode_image(images), real_heard),
        )
