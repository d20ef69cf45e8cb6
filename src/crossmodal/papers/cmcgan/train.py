"""Training: a step of CMCGAN (Algorithm 1), of a translator, of a classifier, and one `fit`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from crossmodal import training
from crossmodal.jobs import Trained, TrainingJob
from crossmodal.papers.cmcgan import losses
from crossmodal.papers.cmcgan.baselines import ConditionalDiscriminator, ConditionalGenerator
from crossmodal.papers.cmcgan.data import Pairs, Split, augment, load_split
from crossmodal.papers.cmcgan.layers import Shape
from crossmodal.papers.cmcgan.model import (
    Generator,
    Pair,
    PairDiscriminator,
    RealismDiscriminator,
    build,
    classify,
    load,
    outputs,
    shape_of,
)
from crossmodal.papers.cmcgan.settings import MODALITIES, Modality, Model, ModelSettings, Sizes
from crossmodal.resume import Part, Resume
from crossmodal.runs import describe_network, load_checkpoint
from crossmodal.training import Best, Row, update

_ROWS = 256
"""Rows at a time in validation."""

GeneratorT = TypeVar("GeneratorT", bound=nn.Module)
DiscriminatorT = TypeVar("DiscriminatorT", bound=nn.Module)


class Gan(Generic[GeneratorT, DiscriminatorT]):
    """A generator, its discriminator, on the same device, and their optimizers."""

    def __init__(
        self, generator: GeneratorT, discriminator: DiscriminatorT, settings: ModelSettings
    ) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.settings = settings
        self.generator_optimizer = torch.optim.Adam(
            generator.parameters(), lr=settings.learning_rate, fused=True
        )
        self.discriminator_optimizer = torch.optim.SGD(
            discriminator.parameters(),
            lr=settings.discriminator_rate,
            momentum=settings.momentum,
            fused=True,
        )

    def parts(self) -> dict[str, Part]:
        """Return everything whose state decides how training goes on."""
        return {name: part for name, part in vars(self).items() if name != "settings"}


Cmcgan = Gan[Generator, PairDiscriminator | RealismDiscriminator]
Translator = Gan[ConditionalGenerator, ConditionalDiscriminator]


def new_cmcgan(shape: Shape, settings: ModelSettings, device: torch.device) -> Cmcgan:
    """Return an untrained CMCGAN with the discriminator that its loss asks for."""
    kind = RealismDiscriminator if settings.loss == "realism" else PairDiscriminator
    generator, discriminator = Generator(shape).to(device), kind(shape).to(device)
    for weight in [*generator.parameters(), *discriminator.parameters()]:
        if settings.channels_last and weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    return Gan(generator, discriminator, settings)


def new_translator(
    shape: Shape, settings: ModelSettings, classes: int, device: torch.device
) -> Translator:
    """Return an untrained translator; nothing but `fit` trains the classifier that it reads."""
    generator = ConditionalGenerator(shape, settings.modality, classes).to(device)
    discriminator = ConditionalDiscriminator(shape, settings.modality).to(device)
    return Gan(generator, discriminator, settings)


def gan_step(gan: Cmcgan, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
    """Do a step of Algorithm 1: update the discriminator once and the generator K times.

    The generator's forward pass serves the discriminator's update and the first of the
    generator's own, since the generator does not change in between.

    Args:
        x: Pictures [n, 3, h, w].
        a: Sounds [n, 1, bands, steps] of the same clips.
        label: [n], on the CPU.

    Returns:
        Every loss term by itself, detached.
    """
    settings, device = gan.settings, x.device
    lowered = settings.precision == "bfloat16"
    precision = partial(torch.autocast, device.type, torch.bfloat16, enabled=lowered)
    drawn = draw_wrong(label).to(device), draw_wrong(label).to(device)
    wrong = drawn if settings.loss == "joint" else None
    terms: dict[str, Tensor] = {}
    for number in range(settings.generator_steps):
        with precision():
            z = gan.generator.draw_noise(len(x)).to(device)
            made = gan.generator(x, a, z, cross=settings.paths == "four")
            fakes = _fakes(made, settings)
        if number == 0:
            with precision():
                detached = fakes[0].detach(), fakes[1].detach()
                logits = gan.discriminator.score_all((x, a), detached, wrong)
                terms = losses.discriminator_terms(logits)
                loss = torch.stack(list(terms.values())).sum()
            update(gan.discriminator_optimizer, loss)
        with precision(), frozen(gan.discriminator):
            fooling = losses.generator_loss(*gan.discriminator.score_fakes((x, a), fakes))
            ends = losses.consistency_terms(made, x, a)
            consistency = torch.stack(list(ends.values())).sum()
            loss = settings.adversarial * fooling + settings.consistency * consistency
        update(gan.generator_optimizer, loss)
        terms |= {"g_adversarial": fooling, **{f"l1_{name}": end for name, end in ends.items()}}
    return {name: value.detach() for name, value in terms.items()}


def translator_step(gan: Translator, x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
    """Update discriminator and generator once; arguments and result as for `gan_step`.

    The discriminator maximises log S_r + (log(1 - S_w) + log(1 - S_f)) / 2.
    """
    given, truth = gan.generator.ends(x, a)
    features = gan.generator.features(given)
    made = gan.generator(features, gan.generator.draw_noise(len(x)).to(x.device))
    wrong = draw_wrong(label).to(x.device)
    logits = gan.discriminator.score_all(truth, made.detach(), features, wrong)
    forgery = losses.pair_loss(*logits)
    update(gan.discriminator_optimizer, forgery)
    with frozen(gan.discriminator):
        tower = gan.discriminator.tower
        fooling = losses.real_loss(gan.discriminator.score(tower(made), features))
    update(gan.generator_optimizer, fooling)
    return {
        "d_forgery": forgery.detach(),
        "g_adversarial": fooling.detach(),
        "l1_not_trained": functional.l1_loss(made.detach(), truth),
    }


def _fakes(made: Mapping[str, Tensor], settings: ModelSettings) -> Pair:
    """Return what the discriminator gets as generated pictures and sounds, [m, ...]."""
    first, second = ("rf", "fr") if settings.fakes == "ends" else ("f", "r")
    image, sound = (
        torch.cat([made[f"{p}_{name}"] for p in (first, second) if f"{p}_{name}" in made])
        for name in MODALITIES
    )
    return image, sound


def draw_wrong(label: Tensor) -> Tensor:
    """Draw for each label [n] of a batch a row [n] of another class; any row if there is none."""
    differs = (label[:, None] != label[None, :]).float()
    differs[differs.sum(dim=1) == 0] = 1
    return torch.multinomial(differs, 1)[:, 0]


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let gradients pass through a network without being computed for its weights."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


@dataclass(frozen=True)
class Learner:
    """What an epoch drives.

    Attributes:
        network: The network whose best epoch is kept.
        parts: Everything whose state decides how training goes on, by name.
        step: Learns from pictures, sounds and labels; returns every loss term, detached.
        validate: Returns the accuracies on pairs that choose the epoch; draws no random number.
    """

    network: nn.Module
    parts: Mapping[str, Part]
    step: Callable[[Tensor, Tensor, Tensor], dict[str, Tensor]]
    validate: Callable[[Pairs], dict[str, float]]


def classifier_learner(
    network: nn.Module, settings: ModelSettings, inputs: tuple[Modality, ...]
) -> Learner:
    """Train a classifier of pictures, of sounds, or of both, in the order the network takes."""
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,
    )

    def logits_of(x: Tensor, a: Tensor) -> Tensor:
        values = {"image": x, "sound": a}
        logits: Tensor = network(*(values[name] for name in inputs))
        return logits

    def step(x: Tensor, a: Tensor, label: Tensor) -> dict[str, Tensor]:
        if settings.augment and "image" in inputs:
            x = augment(x)
        loss = functional.cross_entropy(logits_of(x, a), label.to(x.device))
        update(optimizer, loss)
        return {"cross_entropy": loss.detach()}

    def validate(pairs: Pairs) -> dict[str, float]:
        right = 0
        with torch.inference_mode():
            for rows in torch.split(torch.arange(len(pairs)), _ROWS):
                found = logits_of(*pairs.batch(rows)).argmax(dim=1).cpu()
                right += int((found == pairs.label[rows]).sum())
        return {"accuracy": right / len(pairs)}

    return Learner(network, {"network": network, "optimizer": optimizer}, step, validate)


def generator_learner(
    gan: Cmcgan | Translator,
    step: Callable[[Tensor, Tensor, Tensor], dict[str, Tensor]],
    evaluators: Mapping[str, nn.Module],
) -> Learner:
    """Train a generator; the epoch is chosen by the share of samples that evaluators recognise.

    Samples are the ends of A->A->V and V->V->A; with the other reading, and of a translator, the
    one-step outputs. LCGAN follows neither path in training: what its losses see, the RF_ ends.
    """
    prefix = "rf" if gan.settings.paths == "cycles" else "fr"
    if gan.settings.fakes == "one_step" or isinstance(gan.generator, ConditionalGenerator):
        prefix = "f"

    def validate(pairs: Pairs) -> dict[str, float]:
        made = outputs(gan.generator, pairs)
        scores = {}
        for modality, evaluator in evaluators.items():
            classes = classify(evaluator, made[f"{prefix}_{modality}"])
            scores[f"{modality}_accuracy"] = float((classes == pairs.label).float().mean())
        return scores

    return Learner(gan.generator, gan.parts(), step, validate)


def decay(optimizer: torch.optim.Optimizer, steps: int) -> LambdaLR:
    """Return what lowers a learning rate linearly to zero over the second half of the steps."""
    return LambdaLR(optimizer, lambda step: min(1.0, 2 * (1 - step / steps)))


def fit_best(
    learner: Learner,
    train: Pairs,
    validation: Pairs,
    settings: ModelSettings,
    resume: Resume | None = None,
) -> list[Row]:
    """Train, and put the epoch with the best mean of the validation accuracies into the network.

    An epoch takes each pair once in a new order; what does not fill a last batch is left out,
    since a small batch has other statistics. The first of equally good epochs is kept.

    Returns:
        The history, a row an epoch: means of the loss terms, validation accuracies, and `chosen`,
        1 for the epoch whose weights are kept.
    """
    batches = max(1, len(train) // settings.batch)
    schedules = {
        f"{name}_schedule": decay(part, settings.epochs * batches)
        for name, part in learner.parts.items()
        if settings.decay and isinstance(part, torch.optim.Optimizer)
    }
    best = Best()

    def step(rows: Tensor, epoch: int) -> dict[str, Tensor]:
        terms = learner.step(*train.batch(rows), train.label[rows])
        for schedule in schedules.values():
            schedule.step()
        return terms

    def close(means: Row, epoch: int) -> Row:
        learner.network.eval()
        scores = learner.validate(validation)
        learner.network.train()
        best.offer(sum(scores.values()) / len(scores), epoch, learner.network)
        return means | {f"validation_{name}": value for name, value in scores.items()}

    learner.network.train()
    rows = training.fit(
        {**learner.parts, **schedules, "best": best},
        resume,
        epochs=settings.epochs,
        draw=lambda: torch.split(torch.randperm(len(train)), settings.batch)[:batches],
        step=step,
        close=close,
    )
    learner.network.eval().load_state_dict(best.weights)
    for epoch, row in enumerate(rows):
        row["chosen"] = float(epoch == best.epoch)
    return rows


def fit(
    model: Model,
    sizes: Sizes,
    settings: ModelSettings,
    split: Split,
    seed: int,
    evaluators: Mapping[str, Path] | None = None,
    resume: Callable[[str], Resume] | None = None,
) -> tuple[Learner, list[Row]]:
    """Train a model of the paper; return its learner, best epoch's weights in it, and the history.

    Args:
        settings: The model's, resolved.
        evaluators: Modality -> run folder of the classifier that chooses a generator's epoch.
        resume: Gives the keeper of the state of a phase, "source" or "state"; None keeps none.
    """
    device, classes = split.train.picture.device, len(split.train.classes)
    shape, pairs = shape_of(sizes, settings), split.train
    if settings.train_on_all:
        pairs = Pairs.joined([split.train, split.validation, split.test])
    torch.manual_seed(seed)
    # Building them draws numbers, so they belong behind the seed.
    loaded = {
        name: load(load_checkpoint(path / "checkpoint.pt")).to(device)
        for name, path in (evaluators or {}).items()
    }
    if model == "cmcgan":
        gan = new_cmcgan(shape, settings, device)
        learner = generator_learner(gan, partial(gan_step, gan), loaded)
    elif model == "translator":
        pair = new_translator(shape, settings, classes, device)
        shorter = settings.model_copy(update={"epochs": settings.source_epochs, "decay": False})
        source = classifier_learner(pair.generator.source, shorter, (pair.generator.given,))
        fit_best(source, pairs, split.validation, shorter, resume and resume("source"))
        learner = generator_learner(pair, partial(translator_step, pair), loaded)
    else:
        inputs = MODALITIES if model == "fusion" else (settings.modality,)
        network = build(model, shape, settings, classes).to(device)
        learner = classifier_learner(network, settings, inputs)
    # What came before may have been resumed; the training itself starts from its seed.
    torch.manual_seed(seed)
    rows = fit_best(learner, pairs, split.validation, settings, resume and resume("state"))
    return learner, rows


def train(job: TrainingJob) -> Trained:
    """Train one run; the classifiers that evaluate it are there already."""
    model = job.settings.variants[job.run.variant].model
    sizes, settings = job.settings.sizes, job.settings.resolved(job.run.variant)
    split = load_split(job.corpus_results, sizes, settings.split).to(job.device)
    learner, rows = fit(model, sizes, settings, split, job.run.seed, job.before, job.resume)
    network = learner.network.cpu()
    parts = {**dict(network.named_children()), "discriminator": learner.parts.get("discriminator")}
    described = {name: describe_network(part) for name, part in parts.items() if part is not None}
    config = {
        "model": model,
        "sizes": sizes.model_dump(),
        "settings": settings.model_dump(),
        "classes": split.train.classes,
    }
    return Trained(network.state_dict(), config, pd.DataFrame(rows), described)
