"""The networks: generators with a common layer, discriminators, matching network, identity heads.

"Face" and "voice" stand where the paper writes i and t. h is a window's original feature, s its
common representation, r its reconstruction.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from crossmodal.papers.facevoice.settings import REGION_SIZE, REGIONS, ModelSettings

SLOPE = 0.2  # CM-GANs: of every leaky rectifier


def _layer(inputs: int, outputs: int) -> nn.Sequential:
    """A fully connected layer as the paper has it everywhere: with BN after it."""
    return nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.LeakyReLU(SLOPE))


class RegionAttention(nn.Module):
    """Weighs the regions of a face before they are summed up (our reading).

    A region's weight is the softmax, over the regions, of a score of its own values and of its
    place. The layer after it then sums weighted projections of the regions, one projection a
    region: attention pooling that knows where a region lies. [n, regions x size x steps] -> same.
    """

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.values = nn.Linear(REGION_SIZE * steps, 1)
        self.place = nn.Parameter(torch.zeros(REGIONS))

    def weights(self, face: Tensor) -> Tensor:
        """Return the weights of the regions, [n, regions], which sum to 1."""
        regions = face.view(len(face), REGIONS, -1)
        scores: Tensor = self.values(regions).squeeze(-1) + self.place
        return scores.softmax(dim=1)

    def forward(self, face: Tensor) -> Tensor:
        """Multiply each region by its weight; equal weights leave the face as it is."""
        weighted = face.view(len(face), REGIONS, -1) * self.weights(face).unsqueeze(-1) * REGIONS
        return weighted.flatten(1)


class Generators(nn.Module):
    """Both encoders and decoders. With the common layer, the encoders' last layer is one module."""

    def __init__(self, face_size: int, voice_size: int, people: int, s: ModelSettings) -> None:
        super().__init__()
        self.attention = RegionAttention(s.steps) if s.attention else nn.Identity()
        self.face_encoder = _layer(face_size, s.width)
        self.voice_encoder = _layer(voice_size, s.width)
        self.face_common = _layer(s.width, s.width)
        self.voice_common = self.face_common if s.common_layer else _layer(s.width, s.width)
        self.face_decoder = nn.Sequential(*_layer(s.width, s.width), nn.Linear(s.width, face_size))
        self.voice_decoder = nn.Sequential(
            *_layer(s.width, s.width), nn.Linear(s.width, voice_size)
        )
        self.classes = nn.Linear(s.width, people)

    def encode(self, face: Tensor, voice: Tensor) -> tuple[Tensor, Tensor]:
        """Return common representations: [n, face size], [m, voice size] -> [n, w], [m, w].

        Where the last layer is common, both go through it in one batch, so that BN sees both.
        """
        own_face = self.face_encoder(self.attention(face))
        own_voice = self.voice_encoder(voice)
        if self.face_common is self.voice_common:
            joined = self.face_common(torch.cat([own_face, own_voice]))
            return joined[: len(face)], joined[len(face) :]
        return self.face_common(own_face), self.voice_common(own_voice)

    def decode(self, face: Tensor, voice: Tensor) -> tuple[Tensor, Tensor]:
        """Return reconstructions of the original features from representations."""
        return self.face_decoder(face), self.voice_decoder(voice)


class Discriminator(nn.Module):
    """A discriminator: one hidden layer, one logit. [n, inputs] -> [n]."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.hidden = _layer(inputs, width)
        self.logit = nn.Linear(width, 1)

    def forward(self, *parts: Tensor) -> Tensor:
        """Return the logits of features side by side."""
        logit: Tensor = self.logit(self.hidden(torch.cat(parts, dim=1)))
        return logit.squeeze(1)


class Discriminators(nn.Module):
    """D_I and D_T: original or reconstructed? D_Ci and D_Ct: own or exchanged representation?"""

    def __init__(self, face_size: int, voice_size: int, s: ModelSettings) -> None:
        super().__init__()
        self.face = Discriminator(face_size, s.discriminator_width)
        self.voice = Discriminator(voice_size, s.discriminator_width)
        self.face_common = Discriminator(s.width + face_size, s.discriminator_width)
        self.voice_common = Discriminator(s.width + voice_size, s.discriminator_width)


class Matching(nn.Module):
    """The feature matching network, one for both modalities: [n, w] -> [n, matching width].

    Without it the representation itself is compared.
    """

    def __init__(self, s: ModelSettings) -> None:
        super().__init__()
        self.layers = (
            nn.Sequential(
                *_layer(s.width, s.matching_width), nn.Linear(s.matching_width, s.matching_width)
            )
            if s.matching
            else nn.Identity()
        )

    def forward(self, representation: Tensor) -> Tensor:
        """Return vectors whose cosine tells whether two windows match."""
        vectors: Tensor = self.layers(representation)
        return vectors


class Identity(nn.Module):
    """Who is it? A softmax layer on the voice's, the face's and both representations."""

    def __init__(self, people: int, s: ModelSettings) -> None:
        super().__init__()
        self.voice = nn.Linear(s.width, people)
        self.face = nn.Linear(s.width, people)
        self.concatenated = nn.Linear(2 * s.width, people)

    def forward(self, face: Tensor, voice: Tensor) -> dict[str, Tensor]:
        """Return logits [n, people] by feature, from representations [n, w] of a pair."""
        return {
            "voice": self.voice(voice),
            "face": self.face(face),
            "concatenated": self.concatenated(torch.cat([face, voice], dim=1)),
        }


class FaceVoice(nn.Module):
    """Everything that is kept after training."""

    def __init__(self, face_size: int, voice_size: int, people: int, s: ModelSettings) -> None:
        super().__init__()
        self.generators = Generators(face_size, voice_size, people, s)
        self.matching = Matching(s)
        self.identity = Identity(people, s)


def similarity(left: Tensor, right: Tensor) -> Tensor:
    """Return the cosines of vectors [n, d] and [n, d], [n]."""
    return functional.cosine_similarity(left, right, dim=1)


@torch.no_grad()
def represent(
    generators: Generators, face: Tensor, voice: Tensor, block: int = 4096
) -> tuple[Tensor, Tensor]:
    """Return the common representations of all windows' faces and voices, [n, width] each.

    The generators must be in evaluation mode; then no window changes another's values.
    """
    blocks = zip(torch.split(face, block), torch.split(voice, block), strict=True)
    parts = [generators.encode(*pair) for pair in blocks]
    return torch.cat([one for one, _ in parts]), torch.cat([two for _, two in parts])


def load(content: dict[str, Any]) -> FaceVoice:
    """Rebuild the networks from a checkpoint's content, in evaluation mode."""
    config = content["config"]
    network = FaceVoice(
        config["face_size"],
        config["voice_size"],
        len(config["people"]),
        ModelSettings.model_validate(config["settings"]),
    )
    network.load_state_dict(content["weights"])
    return network.eval()
