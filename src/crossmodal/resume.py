"""State of a training that survives a kill: it goes on where it was, with the same result.

The workflow removes the declared outputs of a job that failed, so the state lies undeclared beside
the results, `results/<edition>/<paper>/.state/<corpus>/<variant>/seed<k>/state.pt`, and is removed
when the run is complete. It holds networks, optimisers, torch's random generators and how far the
training came, and is stamped with what decides the result: with other settings, inputs or versions
the training starts over.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from crossmodal.errors import InputError
from crossmodal.runs import Run, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    import torch

SAVE_EVERY_S = 60.0
"""A kill costs at most this many seconds of training."""


class Part(Protocol):
    """A network, an optimiser, a schedule: what can give its state and take it back."""

    def state_dict(self) -> dict[str, Any]:
        """Return tensors and plain values."""

    def load_state_dict(self, state: Any, /) -> Any:
        """Take such a state."""


def stamp_of(**decides: Any) -> str:
    """Digest everything that decides a result (settings, input digests, versions): plain values.

    Returns:
        64 hexadecimal digits; the order of keys does not matter.
    """
    text = json.dumps(decides, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Resume:
    """Keeps the state of one training.

    Attributes:
        path: Where the state lies.
        stamp: What `stamp_of` returned.
        parts: Everything that has a state, by name.
        device: Where the training computes; its random generator is kept beside the CPU's.
        every_s: Seconds between two saved states.
    """

    path: Path
    stamp: str
    parts: Mapping[str, Part]
    device: torch.device
    every_s: float = SAVE_EVERY_S
    _saved: float = field(default_factory=time.monotonic)

    @staticmethod
    def place(paper_results: Path, run: Run) -> Path:
        """Return where the state of a run lies, below `results/<edition>/<paper>`."""
        return run.folder(paper_results / ".state") / "state.pt"

    def load(self) -> dict[str, Any] | None:
        """Put all parts and generators back and return the progress saved with them.

        Returns:
            None when there is no state, or one of another stamp, or none that can be read: the
            training starts over.
        """
        import torch

        if not self.path.is_file():
            return None
        try:
            content = load_checkpoint(self.path)
        except InputError:
            return None
        if content.get("stamp") != self.stamp:
            return None
        for name, part in self.parts.items():
            part.load_state_dict(content["parts"][name])
        torch.set_rng_state(content["generators"]["cpu"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(content["generators"]["cuda"], self.device)
        progress: dict[str, Any] = content["progress"]
        return progress

    def save_if_due(self, progress: Mapping[str, Any]) -> None:
        """Save unless the last state is younger than `every_s`."""
        if time.monotonic() - self._saved >= self.every_s:
            self.save(progress)

    def save(self, progress: Mapping[str, Any]) -> None:
        """Save the state.

        Args:
            progress: How far the training came; tensors and plain values.
        """
        import torch

        generators = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            generators["cuda"] = torch.cuda.get_rng_state(self.device)
        content = {
            "stamp": self.stamp,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "generators": generators,
            "progress": dict(progress),
        }
        save_checkpoint(self.path, content)
        self._saved = time.monotonic()

    def close(self) -> None:
        """Remove the state of a finished training, and its folder."""
        self.path.unlink(missing_ok=True)
        if self.path.parent.is_dir() and not any(self.path.parent.iterdir()):
            self.path.parent.rmdir()
