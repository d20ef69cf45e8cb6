"""The network: a linear layer a modality into one space."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class TwoBranches(nn.Module):
    """Images [n, d] and texts [n, e] -> two matrices of unit vectors [n, width]."""

    def __init__(self, image: int, text: int, width: int) -> None:
        super().__init__()
        self.image = nn.Linear(image, width)
        self.text = nn.Linear(text, width)

    def forward(self, image: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        """Embed both modalities."""
        embedded = self.image(image), self.text(text)
        return nn.functional.normalize(embedded[0]), nn.functional.normalize(embedded[1])


def load(content: dict[str, Any]) -> TwoBranches:
    """Return the network of a checkpoint's content, in evaluation mode."""
    config = content["config"]
    network = TwoBranches(config["image"], config["text"], config["settings"]["width"])
    network.load_state_dict(content["weights"])
    return network.eval()
