"""Results of the CMCGAN paper on a tiny corpus, made by the stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fixture_cmcgan import CONFIG, TINY_CHANGES, paper_settings, write_corpus
from numpy.typing import NDArray

from crossmodal.papers import stages
from crossmodal.papers.cmcgan.settings import PaperSettings
from crossmodal.runs import PaperFolder
from crossmodal.scores import read_arrays
from crossmodal.workspace import Workspace

CORPUS = "sub_urmp"
SEEDS = [0, 1]
ITEMS = 9
# What is compared between seeds has two of them, everything else one, to be quick.
TWICE = ("image_classifier", "sound_classifier", "cmcgan", "fusion")
_ONCE = {name: {"seeds": 1} for name in paper_settings().variants if name not in TWICE}
CHANGES = {**TINY_CHANGES, "items": ITEMS, "variants": _ONCE}


def workspace(root: Path, changes: Mapping[str, Any] = CHANGES) -> Workspace:
    """Return the edition smoke with results below `root`, and further settings of the paper."""
    values = {"edition": "smoke", "results": str(root), "papers": ["cmcgan"], "seeds": SEEDS}
    return Workspace.of({**values, "overrides": {"cmcgan": changes}}, CONFIG)


def paper_folder(root: Path) -> PaperFolder:
    """Return the paper's folder below `root`."""
    return PaperFolder(root / "smoke" / "cmcgan")


def windows(root: Path) -> Path:
    """Return the folder of the corpus's windows below `root`."""
    return root / "smoke" / "corpora" / CORPUS / "cmcgan"


def results_settings() -> PaperSettings:
    """Return tiny settings: every variant, one epoch, nine test clips of twelve measured."""
    return paper_settings(items=ITEMS, variants=_ONCE)


def write_windows(folder: Path) -> None:
    """Write manifest, pictures, log-mels and waves of a corpus with three instruments."""
    write_corpus(folder)
    rows = len(np.load(folder / "pictures.npy"))
    waves = np.random.default_rng(0).integers(-9000, 9000, (rows, 22_050), dtype=np.int16)
    np.save(folder / "waves.npy", waves)


def make_results(root: Path) -> None:
    """Train and evaluate every run."""
    write_windows(windows(root))
    edition = workspace(root)
    for run in edition.plan("cmcgan").runs(CORPUS):
        stages.train(edition, "cmcgan", CORPUS, run.variant, run.seed, 1)
    stages.evaluate(edition, "cmcgan", CORPUS, 1)


@contextmanager
def finished_results(base: Path) -> Iterator[Path]:
    """Give the root of results made once below a folder that the test modules share."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    root = base / "cmcgan_results"
    if not paper_folder(root).metrics(CORPUS).is_file():
        make_results(root)
    yield root
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def run_arrays(path: Path, variant: str = "", seed: int = 0) -> dict[str, NDArray[Any]]:
    """Read the scores or examples of a run; without a variant those of the corpus."""
    start = f"{variant}/seed{seed}/" if variant else ""
    with read_arrays(path) as arrays:
        return {
            name.removeprefix(start): arrays[name]
            for name in arrays.files
            if name.startswith(start) and (variant or "/" not in name)
        }
