"""Algorithm 1 of CMCGAN as it is printed, one line after the other: what ours is measured against.

Every path and every pair has its own forward pass, whole 5x5 kernels go over maps of any size, the
generator is run again for its own update, and the discriminator's gradients are computed there too.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from crossmodal.papers.cmcgan.layers import LEAK, Conv, Decoder, Deconv, Encoder
from crossmodal.papers.cmcgan.model import Generator, PairDiscriminator, RealismDiscriminator
from crossmodal.papers.cmcgan.train import Cmcgan, draw_wrong


def encode(network: Encoder, x: Tensor) -> Tensor:
    """Run an encoder with whole kernels and torch's own batch normalisation."""
    for layer, norm in zip(network.layers, network.norms, strict=True):
        assert isinstance(layer, Conv)
        x = functional.conv2d(x, layer.weight, None, layer.stride, 2)
        x = functional.relu(nn.BatchNorm2d.forward(norm, x))  # type: ignore[arg-type]
    return x


def decode(network: Decoder, code: Tensor, z: Tensor) -> Tensor:
    """Run a decoder likewise."""
    x = torch.cat([code, z[:, :, None, None].expand(-1, -1, *code.shape[2:])], dim=1)
    for number, layer in enumerate(network.layers):
        assert isinstance(layer, Deconv)
        extra = [step - 1 for step in layer.stride]
        x = functional.conv_transpose2d(x, layer.weight, layer.bias, layer.stride, 2, extra)
        if number < len(network.norms):
            norm = network.norms[number]
            x = functional.leaky_relu(nn.BatchNorm2d.forward(norm, x), LEAK)  # type: ignore[arg-type]
    return x.tanh()


class PlainAlgorithm:
    """Same weights, settings and random numbers as a `Gan`, nothing shared."""

    def __init__(self, like: Cmcgan) -> None:
        self.settings = like.settings
        self.generator: Generator = copy.deepcopy(like.generator)
        self.discriminator = copy.deepcopy(like.discriminator)
        self.generator_optimizer = torch.optim.Adam(
            self.generator.parameters(), lr=self.settings.learning_rate
        )
        self.discriminator_optimizer = torch.optim.SGD(
            self.discriminator.parameters(),
            lr=self.settings.discriminator_rate,
            momentum=self.settings.momentum,
        )

    def follow(self, path: str, x: Tensor, z: Tensor) -> list[Tensor]:
        """Return the outputs after each step of a path such as "AAV"."""
        made = []
        for source, target in zip(path, path[1:], strict=False):  # noqa: RUF007
            encoder, decoder = self.generator.subnetwork(source, target)
            x = decode(decoder, encode(encoder, x), z)
            made.append(x)
        return made

    def forward(self, x: Tensor, a: Tensor, z: Tensor) -> dict[str, list[Tensor]]:
        """Follow the paths one by one."""
        ways = ("VAV", "AVA", "AAV", "VVA") if self.settings.paths == "four" else ("VAV", "AVA")
        return {way: self.follow(way, x if way[0] == "V" else a, z) for way in ways}

    def fakes(self, made: dict[str, list[Tensor]], modality: str) -> list[Tensor]:
        """Return the fakes of a modality, "A" or "V"."""
        if self.settings.fakes == "ends":
            order = {"V": ("VAV", "AAV"), "A": ("AVA", "VVA")}[modality]
            return [made[way][1] for way in order if way in made]
        order = {"V": ("AVA", "VVA"), "A": ("VAV", "AAV")}[modality]
        return [made[way][0] for way in order if way in made]

    def score(self, x: Tensor, a: Tensor) -> Tensor:
        """Return the logits of pairs, both towers run for them."""
        assert isinstance(self.discriminator, PairDiscriminator)
        return self.discriminator.score(
            self.discriminator.encode_image(x), self.discriminator.encode_sound(a)
        )

    def step(self, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Do one step; the terms have the names of `gan_step`."""
        settings = self.settings
        wrong_image, wrong_sound = draw_wrong(label), draw_wrong(label)
        z = self.generator.draw_noise(len(x)).to(x.device)
        with torch.no_grad():
            made = self.forward(x, a, z)
        images, sounds = self.fakes(made, "V"), self.fakes(made, "A")
        terms: dict[str, Tensor] = {}
        if settings.loss == "realism":
            terms["d_image"] = self.real(self.score_image(x)) + self.fake(
                [self.score_image(x) for x in images]
            )
            terms["d_sound"] = self.real(self.score_sound(a)) + self.fake(
                [self.score_sound(a) for a in sounds]
            )
        else:
            forged = self.fake([self.score(x, fake) for fake in sounds])
            forged = forged + self.fake([self.score(fake, a) for fake in images])
            terms["d_forgery"] = self.real(self.score(x, a)) + forged / 2
        if settings.loss == "joint":
            mixed = self.fake([self.score(x, a[wrong_sound])])
            mixed = mixed + self.fake([self.score(x[wrong_image], a)])
            terms["d_mismatch"] = self.real(self.score(x, a)) + mixed / 2
        self.discriminator_optimizer.zero_grad()
        sum(terms.values()).backward()  # type: ignore[union-attr]
        self.discriminator_optimizer.step()

        made = self.forward(x, a, z)
        images, sounds = self.fakes(made, "V"), self.fakes(made, "A")
        if settings.loss == "realism":
            fooled = [
                [self.score_sound(fake) for fake in sounds],
                [self.score_image(fake) for fake in images],
            ]
        else:
            fooled = [[self.score(x, f) for f in sounds], [self.score(f, a) for f in images]]
        adversarial = sum(
            (torch.stack([self.real(one) for one in part]).mean() for part in fooled),
            x.new_zeros(()),
        )
        truth = {"AVA": a, "VAV": x, "AAV": x, "VVA": a}
        names = {"AVA": "rf_sound", "VAV": "rf_image", "AAV": "fr_image", "VVA": "fr_sound"}
        ends = {
            f"l1_{names[way]}": (made[way][1] - truth[way]).abs().mean()
            for way in names
            if way in made
        }
        consistency = torch.stack(list(ends.values())).sum()
        loss = settings.adversarial * adversarial + settings.consistency * consistency
        self.generator_optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.generator_optimizer.step()
        return {**terms, "g_adversarial": adversarial, **ends}

    def score_image(self, x: Tensor) -> Tensor:
        """Score pictures by themselves."""
        assert isinstance(self.discriminator, RealismDiscriminator)
        return self.discriminator.score_image(x)

    def score_sound(self, a: Tensor) -> Tensor:
        """Score sounds by themselves."""
        assert isinstance(self.discriminator, RealismDiscriminator)
        return self.discriminator.score_sound(a)

    @staticmethod
    def real(logit: Tensor) -> Tensor:
        """Return -log S."""
        return -functional.logsigmoid(logit).mean()

    @staticmethod
    def fake(logits: list[Tensor]) -> Tensor:
        """Return -log(1 - S), the mean over several kinds of fakes."""
        return torch.stack([-functional.logsigmoid(-logit).mean() for logit in logits]).mean()
