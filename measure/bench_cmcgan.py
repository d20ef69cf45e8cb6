"""Time a training step of CMCGAN against Algorithm 1 as it is printed, and its data loading.

    python -m measure.bench_cmcgan [RESULT.json]

One thread; on a GPU the paper's size and batch, without one a size of the demo. Both train the same
networks on the same pairs. The plain one loads its pairs one by one from files, as a loader would,
and runs every path and every pair by itself (`plain_cmcgan`); its convolutions, too, run over whole
kernels. The best of a few rounds, ours and the plain one in turn.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from crossmodal.files import write_json
from crossmodal.papers.cmcgan.data import Pairs, to_scale
from crossmodal.papers.cmcgan.layers import Shape
from crossmodal.papers.cmcgan.settings import ModelSettings
from crossmodal.papers.cmcgan.train import gan_step, new_cmcgan
from measure.plain_cmcgan import PlainAlgorithm

DEMO = Shape((32, 32), (32, 16), 16)
PAPER = Shape((128, 128), (128, 32), 64)
ROUNDS = 5


def write_items(folder: Path, count: int, shape: Shape) -> Pairs:
    """Write pictures and levels of random pairs, a file each, and return them as one."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (count, *shape.picture, 3), np.uint8)
    levels = random.uniform(-90, 40, (count, *shape.sound)).astype(np.float32)
    for number in range(count):
        np.save(folder / f"{number}_picture.npy", pictures[number])
        np.save(folder / f"{number}_levels.npy", levels[number])
    return Pairs(
        torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(),
        to_scale(torch.from_numpy(levels)[:, None]),
        torch.arange(count) % 13,
        [str(number) for number in range(count)],
        [str(number) for number in range(13)],
    )


def load_items(folder: Path, rows: list[int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Load pairs one by one and stack them."""
    pictures, sounds = [], []
    for row in rows:
        picture = torch.from_numpy(np.load(folder / f"{row}_picture.npy"))
        pictures.append(picture.permute(2, 0, 1).float() / 127.5 - 1)
        levels = torch.from_numpy(np.load(folder / f"{row}_levels.npy"))
        sounds.append(to_scale(levels[None]))
    return torch.stack(pictures).to(device), torch.stack(sounds).to(device)


def seconds(action: Callable[[], object], device: torch.device) -> float:
    """Return the core-seconds of an action, or the seconds until the GPU has done it."""
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    start = clock()
    action()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - start


def main(result: Path | None = None) -> None:
    """Print steps a second of both and their ratio."""
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shape, batch = (PAPER, 64) if device.type == "cuda" else (DEMO, 32)
    precision = "bfloat16" if device.type == "cuda" else "float32"
    settings = ModelSettings.model_validate({"batch": batch, "precision": precision})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pairs = write_items(folder, 4 * batch, shape).to(device)
        torch.manual_seed(0)
        ours = new_cmcgan(shape, settings, device)
        usual = settings.model_copy(update={"channels_last": False})
        plain = PlainAlgorithm(new_cmcgan(shape, usual, device))

        def our_step() -> None:
            rows = torch.randperm(len(pairs))[:batch]
            gan_step(ours, *pairs.batch(rows), pairs.label[rows])

        def plain_step() -> None:
            rows = torch.randperm(len(pairs))[:batch]
            plain.step(*load_items(folder, rows.tolist(), device), pairs.label[rows])

        times = [(seconds(our_step, device), seconds(plain_step, device)) for _ in range(ROUNDS)]
    best, peer = (min(column) for column in zip(*times, strict=True))
    figures = {
        "device": str(device),
        "picture": list(shape.picture),
        "sound": list(shape.sound),
        "width": shape.width,
        "batch": batch,
        "steps_per_second": 1 / best,
        "plain_steps_per_second": 1 / peer,
        "ratio": peer / best,
    }
    print(
        f"CMCGAN {shape.picture[0]} px, width {shape.width}, batch {batch}, {device}: "
        f"{1 / best:.2f} steps/s, plain Algorithm 1 {1 / peer:.2f}, ratio {peer / best:.1f}"
    )
    if result is not None:
        write_json(result, figures)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
