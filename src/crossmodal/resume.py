"""State of a training that survives a kill: it goes on where it was, with the same result.

The workflow removes the declared outputs of a job that failed, so the state lies undeclared beside
the results, `results/<edition>/<paper>/.state/<corpus>/<variant>/seed<k>/`. It holds networks,
optimisers, torch's random generators and how far the training came, and is stamped with what
decides the result: with other settings, inputs or versions the training starts over.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from crossmodal import signals
from crossmodal.errors import InputError
from crossmodal.runs import Stopwatch, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    import torch

SAVE_EVERY_S = 60.0
"""A kill without a warning costs at most this many seconds of training."""
VARIABLE = "CROSSMODAL_SAVE_EVERY_S"
"""Environment variable that says otherwise; 0 saves after every step."""


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


def seconds_between_states() -> float:
    """Return how often a state is saved.

    Raises:
        InputError: The environment variable is no number of seconds.
    """
    text = os.environ.get(VARIABLE, str(SAVE_EVERY_S))
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise InputError(f"{text!r} is no number of seconds", field=VARIABLE, hint="Give 0 or more")
    return seconds


@dataclass
class Resume:
    """Keeps the state of one training.

    Attributes:
        path: Where the state lies.
        stamp: What `stamp_of` returned.
        device: Where the training computes; its random generator is kept beside the CPU's.
        watch: The training's, so that the time of all attempts is counted.
        every_s: Seconds between two saved states.
    """

    path: Path
    stamp: str
    device: torch.device
    watch: Stopwatch = field(default_factory=Stopwatch)
    every_s: float = field(default_factory=seconds_between_states)
    _saved: float = field(default_factory=time.monotonic)

    def load(self, parts: Mapping[str, Part]) -> dict[str, Any] | None:
        """Put all parts and generators back and return the progress saved with them.

        Args:
            parts: Everything that has a state, by name.

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
        for name, part in parts.items():
            part.load_state_dict(content["parts"][name])
        torch.set_rng_state(content["generators"]["cpu"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(content["generators"]["cuda"], self.device)
        self.watch.go_on_from(content["spent"])
        progress: dict[str, Any] = content["progress"]
        return progress

    def save_if_due(self, parts: Mapping[str, Part], progress: Mapping[str, Any]) -> bool:
        """Save if the last state is older than `every_s`, or if a signal asks for an end.

        Returns:
            Whether it did.
        """
        due = signals.asked() or time.monotonic() - self._saved >= self.every_s
        if due:
            self.save(parts, progress)
        return due

    def save(self, parts: Mapping[str, Part], progress: Mapping[str, Any]) -> None:
        """Save the state.

        Args:
            parts: Everything that has a state, by name.
            progress: How far the training came; tensors and plain values.
        """
        import torch

        generators = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            generators["cuda"] = torch.cuda.get_rng_state(self.device)
        content = {
            "stamp": self.stamp,
            "parts": {name: part.state_dict() for name, part in parts.items()},
            "generators": generators,
            "spent": self.watch.read(),
            "progress": dict(progress),
        }
        save_checkpoint(self.path, content)
        self._saved = time.monotonic()
