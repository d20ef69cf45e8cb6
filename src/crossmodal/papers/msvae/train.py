"""Training: both encoders and the decoder at once."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from crossmodal import training
from crossmodal.jobs import Trained, TrainingJob
from crossmodal.papers.msvae.data import Clips, Split, load_split
from crossmodal.papers.msvae.losses import Gaussian, kl_divergence, squared_error, wasserstein
from crossmodal.papers.msvae.model import MODALITIES, MsVae
from crossmodal.papers.msvae.settings import MethodSettings
from crossmodal.resume import Resume
from crossmodal.runs import describe_network
from crossmodal.training import Best, Row, update

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


def fit(
    split: Split, settings: MethodSettings, seed: int, resume: Resume | None = None
) -> tuple[MsVae, pd.DataFrame]:
    """Train one network, going on where a killed training was.

    Args:
        resume: Keeps the state; None keeps none.

    Returns:
        The network in evaluation mode; its history, a row an epoch: `epoch`, `kl_weight`, the
        terms as means over the steps, `total` as trained on, `total_constant` with the last
        weight of the divergence throughout, and with `keep: best` `validation`, the same total of
        the validation clips decoded from their means.
    """
    torch.manual_seed(seed)
    clips, device = split.train, split.train.face.device
    network = MsVae(clips.face.shape[1], clips.voice.shape[1], settings).to(device)
    # One kernel for all weights: the same update in a quarter of the time.
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, fused=True)
    by_epoch = [weights(settings, settings.kl_weight_in(e)) for e in range(settings.epochs)]
    constant, best = by_epoch[-1], Best()
    on_device = [weight.to(device) for weight in by_epoch]

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        face, voice = clips.face[rows.to(device)], clips.voice[rows.to(device)]
        # Drawn on the CPU, so that a seed means the same on every device.
        noise = torch.randn(2, len(rows), settings.latent).to(device)
        terms = loss_terms(network, face, voice, (noise[0], noise[1]), settings.error)
        update(optimizer, terms @ on_device[epoch])
        return dict(zip(TERMS, terms.detach(), strict=True))

    def close(means: Row, epoch: int) -> Row:
        terms = torch.tensor(list(means.values()))
        row = {"kl_weight": settings.kl_weight_in(epoch), **means}
        row["total"] = float(terms @ by_epoch[epoch])
        row["total_constant"] = float(terms @ constant)
        if settings.keep == "best":
            row["validation"] = float(_validation(network, split.validation, settings) @ constant)
            best.offer(-row["validation"], epoch, network)
        return row

    rows = training.fit(
        {"network": network, "optimizer": optimizer, "best": best},
        resume,
        epochs=settings.epochs,
        draw=lambda: torch.split(torch.randperm(len(clips)), settings.batch),
        step=step,
        close=close,
        passes=settings.passes,
    )
    if settings.keep == "best":
        network.load_state_dict(best.weights)
    return network.eval(), pd.DataFrame(rows)


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


def train(job: TrainingJob) -> Trained:
    """Train one run."""
    variant = job.run.variant
    settings = job.settings.method_settings(variant)
    split = load_split(job.settings, variant, job.corpus_results).to(job.device)
    network, history = fit(split, settings, job.run.seed, job.resume())
    config = {
        "split": job.settings.variants[variant].split,
        "face_width": split.train.face.shape[1],
        "voice_width": split.train.voice.shape[1],
        "face_mean": split.face_mean,
        "face_deviation": split.face_deviation,
        "settings": settings.model_dump(),
    }
    described = {name: describe_network(part) for name, part in network.named_children()}
    return Trained(network.cpu().state_dict(), config, history, described)
