"""Results of the CMCGAN paper on a tiny corpus, made by its own stages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from fixture_cmcgan import paper_settings, write_corpus
from numpy.typing import NDArray

from crossmodal.papers.cmcgan.evaluate import evaluate
from crossmodal.papers.cmcgan.plan import CorpusPlan
from crossmodal.papers.cmcgan.settings import PaperSettings
from crossmodal.papers.cmcgan.train import train_runs
from crossmodal.runs import write_metrics

CORPUS = "sub_urmp"
SEEDS = [0, 1]
ITEMS = 9
# What is compared between seeds has two of them, everything else one, to be quick.
TWICE = ("image_classifier", "sound_classifier", "cmcgan", "fusion")


def results_settings() -> PaperSettings:
    """Return tiny settings: every variant, one epoch, nine test clips of twelve measured."""
    names = paper_settings().families
    once = {name: {"seeds": 1} for name in names if name not in TWICE}
    return paper_settings(items=ITEMS, families=once)


def corpus_plan(settings: PaperSettings, root: Path) -> CorpusPlan:
    """Return the plan of the corpus in a results tree below `root`."""
    windows = root / "corpora" / CORPUS / "cmcgan"
    return CorpusPlan(settings, CORPUS, SEEDS, str(windows), str(root / "cmcgan"))


def write_windows(folder: Path) -> None:
    """Write manifest, pictures, log-mels and waves of a corpus with three instruments."""
    write_corpus(folder)
    rows = len(np.load(folder / "pictures.npy"))
    waves = np.random.default_rng(0).integers(-9000, 9000, (rows, 22_050), dtype=np.int16)
    np.save(folder / "waves.npy", waves)


def make_results(root: Path) -> Path:
    """Train, evaluate and collect every run; return the paper's folder."""
    settings = results_settings()
    plan, folder, paper = corpus_plan(settings, root), root / "corpora" / CORPUS, root / "cmcgan"
    write_windows(folder / "cmcgan")
    for families in plan.jobs():
        train_runs(settings, CORPUS, "synthetic", families, SEEDS, folder / "cmcgan", paper, 1)
    evaluate(settings, CORPUS, plan.families(), SEEDS, folder / "cmcgan", paper)
    write_metrics([Path(run) for run in plan.runs()], paper / "metrics.csv")
    return paper


@contextmanager
def finished_results(base: Path) -> Iterator[Path]:
    """Give the paper's folder, made once below a folder that the test modules share."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    paper = base / "cmcgan_edition" / "cmcgan"
    yield paper if (paper / "metrics.csv").is_file() else make_results(paper.parent)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def run_arrays(paper: Path, family: str, seed: int, file: str) -> dict[str, NDArray]:
    """Read `scores.npz` or `samples.npz` straight from a run folder."""
    path = paper / "runs" / CORPUS / family / f"seed{seed}" / file
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
