"""The stages of every paper: search settings, train, evaluate, draw, assess claims.

Each takes a paper's name and what to work on; everything else stands in the workspace. What differs
between papers stands in the modules of their folders, under the same names for all.
"""

from __future__ import annotations

import importlib
from typing import Any

from crossmodal import signals
from crossmodal.devices import choose_device
from crossmodal.errors import InputError
from crossmodal.jobs import EvaluationJob, JobContext, Search, SearchJob, TrainingJob
from crossmodal.runs import Run, write_csv
from crossmodal.scores import write_scores
from crossmodal.workspace import Workspace


def tune(workspace: Workspace, paper: str, corpus: str, name: str, threads: int) -> None:
    """Search settings on training and validation data; write what each combination reached."""
    plan, folder = workspace.plan(paper), workspace.results.paper(paper)
    variants = plan.searches(corpus)[name]
    device = choose_device(threads, gpu=any(map(plan.uses_gpu, variants)))
    arrays = {array for variant in variants for array in plan.features(corpus, variant)}
    inputs = workspace.feature_files(corpus, plan.windows, sorted(arrays))
    context = JobContext(device, threads, plan.code("tune"), inputs)
    out = folder.search(corpus, name)
    stamp = context.stamp(context.provenance(), **plan.decides_search(corpus, name))
    tried = Search(out.parent / ".state" / f"{name}.json", stamp, device)
    corpus_results = workspace.results.corpus(corpus, plan.windows)
    job = SearchJob(plan.settings, corpus, name, variants, corpus_results, device, tried)
    write_csv(out, _function(paper, "tune")(job))


def train(
    workspace: Workspace, paper: str, corpus: str, variant: str, seed: int, threads: int
) -> None:
    """Train one run; it goes on where an attempt that was killed stopped."""
    plan, folder = workspace.plan(paper), workspace.results.paper(paper)
    run = Run(corpus, variant, seed)
    if run not in plan.runs(corpus):
        raise InputError(
            f"{paper} has no run {run.name} on {corpus} in this edition",
            file=f"config/papers/{paper}.yaml",
            field="variants",
            hint=f"Choose from: {', '.join(plan.variants(corpus))}",
        )
    device = choose_device(threads, gpu=plan.uses_gpu(variant))
    before = {role: folder.run(one) for role, one in plan.before(run).items()}
    searched = plan.search_of(corpus, variant)
    table = None if searched is None else folder.search(corpus, searched)
    inputs = [
        *workspace.feature_files(corpus, plan.windows, plan.features(corpus, variant)),
        *(path / "checkpoint.pt" for path in before.values()),
        *([] if table is None else [table]),
    ]
    context = JobContext(device, threads, plan.code("train"), inputs)
    origin = context.provenance()
    job = TrainingJob(
        settings=plan.settings,
        run=run,
        source=workspace.source(corpus),
        corpus_results=workspace.results.corpus(corpus, plan.windows),
        paper=folder,
        before=before,
        search=table,
        context=context,
        origin=origin,
        stamp=context.stamp(origin, seed=seed, **plan.decides_training(corpus, variant)),
    )
    job.finish(_function(paper, "train")(job))
    signals.stop_if_asked("after the run was written")


def evaluate(workspace: Workspace, paper: str, corpus: str, threads: int) -> None:
    """Score every run of a paper on a corpus: `scores`, `metrics` and `examples` of it."""
    plan, folder = workspace.plan(paper), workspace.results.paper(paper)
    job = EvaluationJob(
        settings=plan.settings,
        corpus=corpus,
        runs=plan.runs(corpus),
        corpus_results=workspace.results.corpus(corpus, plan.windows),
        corpus_folder=workspace.corpus_folder(corpus),
        paper=folder,
        device=choose_device(threads),
    )
    scored = list(_function(paper, "evaluate")(job))
    write_scores(folder, corpus, scored, job.examples)


def artefacts(workspace: Workspace, paper: str) -> None:
    """Draw every figure and write every table of a paper, from files."""
    from crossmodal.reporting.artefacts import write_missing
    from crossmodal.reporting.results import NotRunError, Results

    plan, folder = workspace.plan(paper), workspace.results.paper(paper)
    results = Results.read(plan.settings, folder, plan.corpora())
    for name, artefact in plan.settings.artefacts.items():
        stem = folder.artefact(artefact.kind, name)
        module = importlib.import_module(f"crossmodal.papers.{paper}.{artefact.kind}s")
        make = getattr(module, name, None)
        if make is None:
            raise InputError(
                f"there is no function {name} in {paper}/{artefact.kind}s.py",
                file=f"config/papers/{paper}.yaml",
                field=f"artefacts.{name}",
                hint="Write it, or name one that is there",
            )
        try:
            if not results.corpora:
                raise NotRunError("No corpus of the paper is at hand.")
            make(results, stem)
        except NotRunError as reason:
            write_missing(artefact, stem, str(reason))


def claims(workspace: Workspace, paper: str) -> None:
    """Assess the claims of a paper; of one's own videos whichever corpus they are about."""
    from crossmodal.reporting.claims import write_claims
    from crossmodal.reporting.results import Results

    plan, folder = workspace.plan(paper), workspace.results.paper(paper)
    results = Results.read(plan.settings, folder, plan.corpora())
    asked_of = None if workspace.own is None else plan.corpora()[0]
    stated = workspace.config / "claims" / f"{paper}.csv"
    write_claims(stated, results, folder.root / "claims.csv", asked_of)


def _function(paper: str, stage: str) -> Any:
    return getattr(importlib.import_module(f"crossmodal.papers.{paper}.{stage}"), stage)
