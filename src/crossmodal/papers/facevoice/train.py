"""Training: all seeds of some variants in one job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.devices import choose_device
from crossmodal.digest import source_digest
from crossmodal.jobs import Circumstances, TrainingJob
from crossmodal.papers.facevoice import first_phase, model
from crossmodal.papers.facevoice.choice import chosen_margin
from crossmodal.papers.facevoice.data import Windows, draw_parts, feature_files, load_windows
from crossmodal.papers.facevoice.first_phase import play
from crossmodal.papers.facevoice.second_phase import match
from crossmodal.papers.facevoice.settings import ModelSettings, PaperSettings
from crossmodal.progress import progress
from crossmodal.runs import describe_network

DISTRIBUTIONS = ("numpy", "torch")


def train_runs(
    settings: PaperSettings,
    corpus: str,
    source: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    tuning: Path,
    out: Path,
    threads: int,
) -> None:
    """Train all seeds of some variants and write their run folders.

    Variants that differ in the second phase alone share their first; the time of each counts it.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        source: synthetic, download or own.
        families: The variants.
        seeds: One run each.
        folder: `results/<edition>/corpora/<corpus>/facevoice`.
        tuning: What `tune` wrote.
        out: `results/<edition>/facevoice`.
        threads: Number of threads on the CPU.
    """
    device = choose_device(threads)
    under = Circumstances(device, threads, DISTRIBUTIONS, source_digest(__name__))
    job = TrainingJob("facevoice", corpus, source, out, under)
    margin = chosen_margin(tuning)
    resolved = {name: settings.resolved(name, margin=margin) for name in families}
    groups: dict[str, list[str]] = {}
    for name, values in resolved.items():
        key = json.dumps(values.first_phase(), sort_keys=True)
        groups.setdefault(key, []).append(name)
    drawn = settings.pairs.model_dump()
    for names in progress(groups.values(), title=f"training on {corpus}", unit="variant"):
        shared = resolved[names[0]]
        windows = load_windows(shared, folder).to(device)
        trios = draw_parts(windows, shared, settings.pairs).train
        few = trios.first(max(2, round(settings.pairs.first_phase_share * len(trios))))
        files = [*feature_files(shared, folder), tuning]
        for seed in seeds:
            runs = {
                name: job.training(name, seed, files, _config(windows, resolved[name]), pairs=drawn)
                for name in names
            }
            waiting = {name: run for name, run in runs.items() if not run.put_back()}
            games = job.training(
                f"first_phase_of_{names[0]}",
                seed,
                files,
                shared.first_phase(),
                pairs=drawn,
                code=source_digest(first_phase.__name__),
            )
            if waiting:
                first = play(windows, few, shared, seed, games.resume())
            for name, run in waiting.items():
                run.watch.count_in(games.watch.read())
                network, history = match(first, windows, trios, resolved[name], seed, run.resume())
                run.finish(
                    network.cpu().state_dict(),
                    pd.concat([first.history, history], ignore_index=True),
                    _description(network, first.judges),
                )
            # Also when a kill came between the last run's end and this line.
            games.drop()


def _config(windows: Windows, settings: ModelSettings) -> dict[str, Any]:
    """Return what a checkpoint needs to be rebuilt."""
    return {
        "face_size": windows.face.shape[1],
        "voice_size": windows.voice.shape[1],
        "people": windows.people,
        "settings": settings.model_dump(),
    }


def _description(network: model.FaceVoice, judges: model.Judges) -> dict[str, Any]:
    """List the layers of every part, for `run.json`."""
    parts = {**dict(network.generators.named_children()), **dict(network.named_children())}
    del parts["generators"]
    named = {name: describe_network(part) for name, part in parts.items()}
    return named | {f"judge_{name}": describe_network(p) for name, p in judges.named_children()}
