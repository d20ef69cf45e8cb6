"""Training: both encoders and the decoder at once, all families and seeds of a split in one job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from crossmodal.devices import choose_device, device_name
from crossmodal.digest import source_digest
from crossmodal.papers.msvae.data import Clips, Parts, feature_files, load_parts
from crossmodal.papers.msvae.losses import Gaussian, kl_divergence, squared_error, wasserstein
from crossmodal.papers.msvae.model import MODALITIES, MsVae
from crossmodal.papers.msvae.settings import MethodSettings, PaperSettings
from crossmodal.progress import progress
from crossmodal.resume import Resume, stamp_of
from crossmodal.runs import Run, Stopwatch, describe_network, provenance, write_run

DISTRIBUTIONS = ("numpy", "torch")
TERMS = (
    *("face_from_face", "voice_from_face", "face_from_voice", "voice_from_voice"),
    *("kl_face", "kl_voice", "wasserstein"),
)
"""Terms of the loss before their weights; `a_from_b`: error of a decoded from b's latent."""


def loss_terms(
    network: MsVae, face: Tensor, voice: Tensor, noise: tuple[Tensor, Tensor], error: str
) -> Tensor:
    """Return the terms [7] in the order of `TERMS`.

    Args:
        network: In any mode; it has no layer that minds.
        face: [n, 529].
        voice: [n, 512].
        noise: Standard normal draws [n, latent] for face and voice; zeros decode the means.
        error: "sum" or "mean" over the outputs; the errors of a mean are weighted by the share
            of the outputs, so that the four errors add up to those of the joint output.
    """
    latents = {"face": network.encode("face", face), "voice": network.encode("voice", voice)}
    drawn = [
        latents[name].mean + (latents[name].log_variance / 2).exp() * epsilon
        for name, epsilon in zip(MODALITIES, noise, strict=True)
    ]
    truth = {"face": face, "voice": voice}
    width = face.shape[1] + voice.shape[1]
    errors = []
    for decoded in network.decode_both(*drawn):
        for name, made in network.parts(decoded).items():
            share = 1.0 if error == "sum" else truth[name].shape[1] / width
            errors.append(share * squared_error(made, truth[name], error))
    distances = [kl_divergence(latents[name]) for name in MODALITIES]
    return torch.stack([*errors, *distances, wasserstein(latents["face"], latents["voice"])])


def weights(settings: MethodSettings, kl_weight: float) -> Tensor:
    """Return what each term counts, [7]."""
    return torch.tensor([1.0] * 4 + [kl_weight] * 2 + [settings.wasserstein_weight])


def train(
    parts: Parts, settings: MethodSettings, seed: int, state: Path | None = None, stamp: str = ""
) -> tuple[MsVae, pd.DataFrame]:
    """Train one network; killed, it goes on after the last epoch whose state was saved.

    Args:
        parts: With tensors on the device to train on.
        settings: Network, loss, training.
        seed: Of weights, order and noise.
        state: Where the state of the training is kept; None keeps none.
        stamp: What decides the training; a state of another stamp is not taken up.

    Returns:
        The network in evaluation mode; its history, a row an epoch: `epoch`, `kl_weight`, the
        terms as means over the steps, `total` as trained on, `total_constant` with the last
        weight of the divergence throughout, and with `keep: best` `validation`, the same total of
        the validation clips decoded from their means.
    """
    torch.manual_seed(seed)
    clips = parts.train
    network = MsVae(clips.face.shape[1], clips.voice.shape[1], settings).to(clips.face.device)
    # One kernel for all weights: the same update in a quarter of the time.
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=True)
    constant = weights(settings, settings.kl_weight_in(settings.epochs - 1))
    keeper = None
    if state is not None:
        keeper = Resume(
            state, stamp, {"network": network, "optimiser": optimiser}, clips.face.device
        )
    done: dict[str, Any] = {"rows": [], "best": network.state_dict(), "least": float("inf")}
    if keeper is not None:
        done = keeper.load() or done
    for epoch in range(len(done["rows"]), settings.epochs):
        kl_weight = settings.kl_weight_in(epoch)
        terms = _epoch(network, optimiser, clips, settings, weights(settings, kl_weight))
        row = {"epoch": epoch + 1, "kl_weight": kl_weight}
        row |= dict(zip(TERMS, terms.tolist(), strict=True))
        row["total"] = float(terms @ weights(settings, kl_weight))
        row["total_constant"] = float(terms @ constant)
        if settings.keep == "best":
            row["validation"] = float(_validation(network, parts.validation, settings) @ constant)
            if row["validation"] < done["least"]:
                done["least"] = row["validation"]
                done["best"] = {name: x.clone() for name, x in network.state_dict().items()}
        done["rows"].append(row)
        if keeper is not None:
            keeper.save_if_due(done)
    if keeper is not None:
        keeper.save(done)
    if settings.keep == "best":
        network.load_state_dict(done["best"])
    return network.eval(), pd.DataFrame(done["rows"])


def _epoch(
    network: MsVae,
    optimiser: torch.optim.Optimizer,
    clips: Clips,
    settings: MethodSettings,
    weight: Tensor,
) -> Tensor:
    """Train for an epoch and return the means of the terms over its steps, [7], on the CPU."""
    device = clips.face.device
    weight = weight.to(device)
    total, steps = torch.zeros(len(TERMS), device=device), 0
    for rows in _batches(len(clips), settings):
        face, voice = clips.face[rows.to(device)], clips.voice[rows.to(device)]
        # Drawn on the CPU, so that a seed means the same on every device.
        noise = torch.randn(2, len(rows), settings.latent).to(device)
        terms = loss_terms(network, face, voice, (noise[0], noise[1]), settings.error)
        _step(optimiser, terms @ weight)
        total += terms.detach()
        steps += 1
    return (total / steps).cpu()


def _step(optimiser: torch.optim.Optimizer, loss: Any) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def _batches(count: int, settings: MethodSettings) -> Iterator[Tensor]:
    """Yield the rows of the shuffled passes of one epoch."""
    for _ in range(settings.passes):
        yield from torch.split(torch.randperm(count), settings.batch)


@torch.no_grad()
def _validation(network: MsVae, clips: Clips, settings: MethodSettings) -> Tensor:
    """Return the terms of clips decoded from the means of their latents, [7], on the CPU."""
    total = torch.zeros(len(TERMS))
    for rows in torch.split(torch.arange(len(clips)), 4096):
        face, voice = (x[rows.to(x.device)] for x in (clips.face, clips.voice))
        silent = torch.zeros(len(rows), settings.latent, device=face.device)
        terms = loss_terms(network, face, voice, (silent, silent), settings.error)
        total += terms.cpu() * len(rows)
    return total / len(clips)


@torch.no_grad()
def encode(network: MsVae, clips: Clips) -> dict[str, Gaussian]:
    """Return the latents of clips by modality, [n, latent] twice."""
    return {
        "face": network.encode("face", clips.face),
        "voice": network.encode("voice", clips.voice),
    }


def train_runs(
    settings: PaperSettings,
    corpus: str,
    source: str,
    families: list[str],
    seeds: list[int],
    folder: Path,
    out: Path,
    threads: int,
) -> None:
    """Train all seeds of some families and write their run folders.

    Args:
        settings: The paper's settings.
        corpus: Name of the corpus.
        source: synthetic, download or own.
        families: Which.
        seeds: One run each.
        folder: `results/<edition>/corpora/<corpus>/msvae`.
        out: `results/<edition>/msvae`.
        threads: Number of threads on the CPU.
    """
    device = choose_device(threads)
    states: list[Resume] = []
    with progress(
        title=f"training on {corpus}", total=len(families) * len(seeds), unit="run"
    ) as bar:
        for family in families:
            parts = load_parts(settings, family, folder).learning_on(device)
            method = settings.method_settings(family)
            config = {
                "family": family,
                "split": settings.families[family].split,
                "face_width": parts.train.face.shape[1],
                "voice_width": parts.train.voice.shape[1],
                "settings": method.model_dump(),
            }
            inputs = [folder / "manifest.csv", *feature_files(settings, family, folder)]
            origin = provenance(inputs, DISTRIBUTIONS, threads)
            decides = {
                **{name: origin[name] for name in ("inputs", "versions", "threads")},
                "config": config,
                "identity": settings.identity.model_dump(),
                "device": device_name(device),
                "code": source_digest(__name__),
            }
            for seed in seeds:
                run = Run(corpus, family, seed)
                stamp, state = stamp_of(**decides, seed=seed), Resume.place(out, run)
                watch = Stopwatch()
                network, history = train(parts, method, seed, state, stamp)
                states.append(Resume(state, stamp, {}, device))
                write_run(
                    run.folder(out),
                    paper="msvae",
                    run=run,
                    source=source,
                    weights=network.cpu().state_dict(),
                    config=config,
                    history=history,
                    network={n: describe_network(part) for n, part in network.named_children()},
                    origin=origin,
                    device=device_name(device),
                    watch=watch,
                )
                bar.update(1)
    # Only now: what a killed job has finished is trained no second time.
    for kept in states:
        kept.close()
