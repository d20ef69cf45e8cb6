"""Pictures and spoken captions from files of one's own, embedded by a trained run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from crossmodal.alignment.decode import read_audio
from crossmodal.devices import choose_device
from crossmodal.errors import ClipError, InputError
from crossmodal.features.audio import caption_front_end
from crossmodal.papers.captions.model import IMAGE_NETWORK, TwoBranches, embed_images, load
from crossmodal.runs import load_checkpoint, read_run

if TYPE_CHECKING:
    from crossmodal.library import TrainedRun

Kind = Literal["sound", "picture"]
RATE_HZ = 16_000


@dataclass(frozen=True)
class Embedder:
    """A trained run that can embed files.

    Attributes:
        image_network: The small network that described the run's images; None: VGG16 did.
        vgg16: VGG16's weights, or None.
        device: Where VGG16 computes.
    """

    network: TwoBranches
    image_network: Mapping[str, Any] | None
    vgg16: Path | None
    device: str

    @classmethod
    def open(cls, run: Path, vgg16: Path | None, threads: int) -> Embedder:
        """Load a run.

        Raises:
            InputError: The folder holds no finished run of this paper.
        """
        paper = read_run(run).get("paper")
        if paper != "captions":
            raise InputError(
                f"is a run of {paper!r}",
                file=run / "run.json",
                field="paper",
                hint="Give a run of `captions`: results/<edition>/captions/runs/.../seed<k>",
            )
        content = load_checkpoint(run / "checkpoint.pt")
        image_network = content["weights"].get(IMAGE_NETWORK)
        return cls(load(content), image_network, vgg16, choose_device(threads).type)

    def embed(self, files: Sequence[Path], kind: Kind) -> NDArray[np.float32]:
        """Return embeddings [n, d] of files of one kind, by themselves: no file changes another's.

        Raises:
            ClipError: A sound cannot be used.
            InputError: A picture cannot be read, or VGG16's weights are missing.
        """
        if kind == "picture":
            return embed_images(self.network, torch.from_numpy(self.describe(files)))
        return np.concatenate([self._sound(file) for file in files])

    def describe(self, pictures: Sequence[Path]) -> NDArray[np.float32]:
        """Return the features [n, width] of pictures as the run's images were described."""
        # torchvision takes a second to load.
        from crossmodal.features.deep import describe, vgg16_fc7

        if self.image_network is not None:
            return describe(pictures, dict(self.image_network))
        if self.vgg16 is None:
            raise InputError(
                "the run's images were described by VGG16, whose weights are not given",
                field="--weights",
                hint="Give data/vgg16/download/vgg16-397923af.pth (crossmodal download vgg16)",
            )
        return vgg16_fc7(pictures, self.vgg16, device=self.device)

    def _sound(self, file: Path) -> NDArray[np.float32]:
        wave, _ = read_audio(file, RATE_HZ)
        bands = caption_front_end(wave)[:, : self.network.settings.frames]
        with torch.inference_mode():
            inputs = torch.from_numpy(np.ascontiguousarray(bands))[None]
            found = self.network.embed_captions(inputs, torch.tensor([bands.shape[1]]))
        return np.asarray(found.numpy(), dtype=np.float32)


def score(run: TrainedRun, picture: Path, sound: Path) -> float:
    """Return the similarity (inner product) of a picture and a spoken caption.

    Raises:
        InputError: A file cannot be read, or VGG16 described the run's images.
    """
    embedder = Embedder.open(run.folder, None, torch.get_num_threads())
    try:
        caption = embedder.embed([sound], "sound")[0]
    except ClipError as error:
        raise InputError(error.reason, file=sound, hint="Give another recording") from error
    return float(embedder.embed([picture], "picture")[0] @ caption)
