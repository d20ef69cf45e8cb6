"""The network: an encoder a modality, and one decoder that makes both from either latent."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from crossmodal.papers.msvae.losses import Gaussian
from crossmodal.papers.msvae.settings import MethodSettings

MODALITIES = ("face", "voice")


def _layers(widths: list[int]) -> nn.Sequential:
    """Linear layers with ReLU between them, none behind the last."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Encoder(nn.Module):
    """[n, width] -> a Gaussian over the latent space."""

    def __init__(self, width: int, settings: MethodSettings) -> None:
        super().__init__()
        self.layers = _layers([width, *settings.encoder, 2 * settings.latent])

    def forward(self, x: Tensor) -> Gaussian:
        """[n, width] -> means and logarithms of variances, [n, latent] each."""
        return Gaussian(*self.layers(x).chunk(2, dim=1))


class MsVae(nn.Module):
    """Face and voice encoded apart; from either latent the decoder makes face and voice.

    Attributes:
        encoders: By modality.
        decoders: By the modality the latent comes from; one and the same module when shared.
    """

    def __init__(self, face_width: int, voice_width: int, settings: MethodSettings) -> None:
        super().__init__()
        self.face_width = face_width
        self.encoders = nn.ModuleDict(
            {"face": Encoder(face_width, settings), "voice": Encoder(voice_width, settings)}
        )
        widths = [settings.latent, *settings.decoder, face_width + voice_width]
        decoder = _layers(widths)
        second = decoder if settings.decoders == "shared" else _layers(widths)
        self.decoders = nn.ModuleDict({"face": decoder, "voice": second})

    def encode(self, modality: str, x: Tensor) -> Gaussian:
        """[n, width of the modality] -> a Gaussian, [n, latent] twice."""
        latent: Gaussian = self.encoders[modality](x)
        return latent

    def decode(self, modality: str, latent: Tensor) -> Tensor:
        """Latents [n, latent] of a modality -> face and voice side by side, [n, both widths]."""
        decoded: Tensor = self.decoders[modality](latent)
        return decoded

    def decode_both(self, face_latent: Tensor, voice_latent: Tensor) -> tuple[Tensor, Tensor]:
        """Decode latents of both modalities, in one pass where the decoder is shared."""
        if self.decoders["face"] is self.decoders["voice"]:
            both = self.decode("face", torch.cat([face_latent, voice_latent]))
            return both[: len(face_latent)], both[len(face_latent) :]
        return self.decode("face", face_latent), self.decode("voice", voice_latent)

    def parts(self, decoded: Tensor) -> dict[str, Tensor]:
        """Take [n, both widths] apart, by modality."""
        return {"face": decoded[:, : self.face_width], "voice": decoded[:, self.face_width :]}


def load(content: dict[str, Any]) -> MsVae:
    """Rebuild a network from a checkpoint's content, in evaluation mode."""
    config = content["config"]
    settings = MethodSettings.model_validate(config["settings"])
    network = MsVae(config["face_width"], config["voice_width"], settings)
    network.load_state_dict(content["weights"])
    return network.eval()
