"""What the training loop drives: something with a network, a step and a validation."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from crossmodal.papers.cmcgan.augment import augment
from crossmodal.papers.cmcgan.baselines import TranslatorAdversaries
from crossmodal.papers.cmcgan.data import Pairs
from crossmodal.papers.cmcgan.discriminator import update
from crossmodal.papers.cmcgan.model import Classifier
from crossmodal.papers.cmcgan.networks import classify, outputs
from crossmodal.papers.cmcgan.settings import Modality, ModelSettings
from crossmodal.papers.cmcgan.step import Adversaries

ROWS = 256
"""Rows at a time in validation."""

Parts = dict[str, nn.Module | torch.optim.Optimizer]


class Learner(Protocol):
    """What `crossmodal.papers.cmcgan.fit.fit` needs."""

    @property
    def network(self) -> nn.Module:
        """The network whose best epoch is kept."""

    def parts(self) -> Parts:
        """Return everything whose state decides how training goes on."""

    def step(self, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Learn from a batch; return every loss term by itself, detached."""

    def validate(self, pairs: Pairs) -> dict[str, float]:
        """Return the accuracies that choose the epoch, by name; no random number is drawn."""


class ClassifierLearner:
    """Trains a classifier of pictures, of sounds, or of both.

    Args:
        network: `Classifier`, `SourceClassifier` or `FusionNetwork`.
        settings: Learning rate, weight decay, augmentation.
        inputs: Some of "image" and "sound", in the order the network takes them.
    """

    def __init__(
        self,
        network: nn.Module,
        settings: ModelSettings,
        inputs: tuple[str, ...],
    ) -> None:
        self.network = network
        self.settings = settings
        self.inputs = inputs
        self.optimiser = torch.optim.AdamW(
            network.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def parts(self) -> Parts:
        """Return network and optimiser."""
        return {"network": self.network, "optimiser": self.optimiser}

    def step(self, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Lower the cross-entropy of a batch."""
        if self.settings.augment and "image" in self.inputs:
            x = augment(x)
        loss = nn.functional.cross_entropy(self._logits(x, a), label.to(x.device))
        update(self.optimiser, loss)
        return {"cross_entropy": loss.detach()}

    def validate(self, pairs: Pairs) -> dict[str, float]:
        """Return the accuracy on pairs."""
        right = 0
        with torch.inference_mode():
            for rows in torch.split(torch.arange(len(pairs)), ROWS):
                found = self._logits(*pairs.batch(rows)).argmax(dim=1).cpu()
                right += int((found == pairs.label[rows]).sum())
        return {"accuracy": right / len(pairs)}

    def _logits(self, x: Tensor, a: Tensor) -> Tensor:
        values = {"image": x, "sound": a}
        logits: Tensor = self.network(*(values[name] for name in self.inputs))
        return logits


class GeneratorLearner:
    """Trains a generator; the epoch is chosen by how many samples the judges recognise.

    Args:
        adversaries: Generator, discriminator and optimisers.
        names: Modality -> which output counts (`networks.generated_names`).
        judges: Modality -> classifier trained on real training data, in evaluation mode.
    """

    def __init__(
        self,
        adversaries: Adversaries | TranslatorAdversaries,
        names: dict[Modality, str],
        judges: dict[Modality, Classifier],
    ) -> None:
        self.adversaries = adversaries
        self.names = names
        self.judges = judges

    @property
    def network(self) -> nn.Module:
        """The generator."""
        return self.adversaries.generator

    def parts(self) -> Parts:
        """Return both networks and both optimisers."""
        return self.adversaries.parts()

    def step(self, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Update the discriminator, then the generator."""
        return self.adversaries.step(x, a, label)

    def validate(self, pairs: Pairs) -> dict[str, float]:
        """Return the share of generated pictures and sounds that the judges recognise."""
        made = outputs(self.adversaries.generator, pairs)
        return {
            f"{modality}_accuracy": float(
                (classify(self.judges[modality], made[name]) == pairs.label).float().mean()
            )
            for modality, name in self.names.items()
        }
