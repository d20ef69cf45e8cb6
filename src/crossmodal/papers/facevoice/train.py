"""Training: all seeds of some variants in one job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from crossmodal.devices import choose_device, device_name
from crossmodal.digest import source_digest
from crossmodal.papers.facevoice import first_phase, model
from crossmodal.papers.facevoice.choice import chosen_margin
from crossmodal.papers.facevoice.data import Windows, draw_parts, feature_files, load_windows
from crossmodal.papers.facevoice.first_phase import play
from crossmodal.papers.facevoice.second_phase import match
from crossmodal.papers.facevoice.settings import ModelSettings, PaperSettings
from crossmodal.progress import progress
from crossmodal.resume import Resume, stamp_of
from crossmodal.runs import Run, Stopwatch, describe_network, provenance, write_run

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

    Variants that differ in the second phase alone share their first. The state of a long first
    phase is kept until the whole job is done, because a job that fails loses all its run folders.

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
    margin = chosen_margin(tuning)
    resolved = {name: settings.resolved(name, margin=margin) for name in families}
    groups: dict[str, list[str]] = {}
    for name, values in resolved.items():
        key = json.dumps(values.first_phase(), sort_keys=True)
        groups.setdefault(key, []).append(name)
    kept: list[Path] = []
    for names in progress(groups.values(), title=f"training on {corpus}", unit="variant"):
        shared = resolved[names[0]]
        windows = load_windows(shared, folder).to(device)
        trios = draw_parts(windows, shared, settings.pairs).train
        few = trios.first(max(2, round(settings.pairs.first_phase_share * len(trios))))
        origin = provenance([*feature_files(shared, folder), tuning], DISTRIBUTIONS, threads)
        for seed in seeds:
            watch = Stopwatch()
            place = Resume.place(out, Run(corpus, names[0], seed))
            kept.append(place)
            stamp = stamp_of(
                settings=shared.first_phase(),
                pairs=settings.pairs.model_dump(),
                seed=seed,
                inputs=origin["inputs"],
                versions=origin["versions"],
                threads=threads,
                device=device_name(device),
                code=source_digest(first_phase.__name__),
            )
            first = play(windows, few, shared, seed, (place, stamp))
            for name in names:
                network, history = match(first, windows, trios, resolved[name], seed)
                run = Run(corpus, name, seed)
                write_run(
                    run.folder(out),
                    paper="facevoice",
                    run=run,
                    source=source,
                    weights=network.cpu().state_dict(),
                    config=_config(windows, resolved[name]),
                    history=pd.concat([first.history, history], ignore_index=True),
                    network=_description(network, first.judges),
                    origin=origin,
                    device=device_name(device),
                    watch=watch,
                )
    for place in kept:
        place.unlink(missing_ok=True)


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
