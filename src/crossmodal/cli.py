"""The command line: one verb a stage. Heavy imports happen inside the verbs only.

Every rule of the workflow calls one of these verbs; a person may type the same command. What an
edition is stands in the file that `--run` names; a verb takes only the names of what to work on.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from crossmodal.command import limit_threads, run
from crossmodal.errors import InputError

if TYPE_CHECKING:
    from crossmodal.workspace import Workspace

Arguments = argparse.Namespace


def settings(given: Arguments) -> None:
    """Write what an edition is here (`run.yaml`), for all other verbs to read."""
    from crossmodal.files import write_text

    write_text(given.out, given.content + "\n")


def download(given: Arguments) -> None:
    """Download a corpus, or take it from a mirror, and check it."""
    from crossmodal.corpora.download import download_corpus
    from crossmodal.corpora.registry import load_registry

    folder, mirror, parts = given.folder, given.mirror, given.parts
    if given.run is not None:
        workspace = _workspace(given)
        folder = folder or workspace.corpus_folder(given.corpus)
        mirror = mirror or workspace.settings.mirror
        parts = parts or workspace.choice(given.corpus).parts
    if folder is None:
        raise InputError("no folder to download to", field="--folder", hint="Name it, or --run")
    registry = load_registry(given.config / "corpora.yaml")
    download_corpus(given.corpus, folder, registry, mirror, also=parts)


def init_corpus(given: Arguments) -> None:
    """Make a corpus of a folder of videos of your own, and say what it can be used for."""
    from crossmodal.own_videos.init import init_corpus as look_and_write
    from crossmodal.own_videos.printed import print_found

    words = (given.videos, given.labels, given.name, given.data, given.split)
    print_found(look_and_write(*words, given.config))


def eligible(given: Arguments) -> None:
    """Say which papers the windows cut out of videos of your own are enough for."""
    from crossmodal.own_videos.eligibility import write_eligible

    write_eligible(_workspace(given), given.out)


def manifest(given: Arguments) -> None:
    """Read a corpus folder and write its manifest."""
    from crossmodal.corpora.readers import write_corpus_manifest

    workspace, corpus = _workspace(given), given.corpus
    out = workspace.results.corpus(corpus) / "manifest.csv"
    reader = workspace.choice(corpus).reader
    write_corpus_manifest(corpus, workspace.corpus_folder(corpus), reader, out)


def preview(given: Arguments) -> None:
    """Make a corpus's contact sheet and the clips to listen to in the report."""
    from crossmodal.corpora.preview import write_preview

    workspace = _workspace(given)
    out = workspace.results.corpus(given.corpus)
    write_preview(out / "manifest.csv", workspace.corpus_folder(given.corpus), out)


def align(given: Arguments) -> None:
    """Cut a share of a corpus into windows of sound and pictures."""
    from crossmodal.alignment.stage import align as align_shard

    workspace, corpus, kind = _workspace(given), given.corpus, given.windows
    align_shard(
        corpus,
        kind,
        workspace.corpus_folder(corpus),
        workspace.results.corpus(corpus) / "manifest.csv",
        workspace.windows(corpus)[kind].model_dump(exclude={"limit_share"}),
        given.shard,
        workspace.choice(corpus).shards,
        workspace.shard(corpus, kind, given.shard),
    )


def merge_shards(given: Arguments) -> None:
    """Join the shards of an alignment into the windows of a corpus."""
    from crossmodal.alignment.merge import merge_shards as merge

    workspace, corpus, kind = _workspace(given), given.corpus, given.windows
    count = workspace.choice(corpus).shards
    merge(
        [workspace.shard(corpus, kind, shard) for shard in range(count)],
        workspace.results.corpus(corpus, kind),
        workspace.windows(corpus)[kind].limit_share,
        may_be_empty=workspace.own is not None,
    )


def features(given: Arguments) -> None:
    """Compute a feature of a corpus or of its windows, row-aligned with their manifest."""
    from crossmodal.features.stage import write_features

    workspace = _workspace(given)
    corpus, _, kind = given.rows.partition("/")
    out = workspace.results.corpus(corpus, kind or None)
    write_features(
        kind or corpus,
        [given.feature],
        workspace.corpus_folder(corpus),
        out / "manifest.csv",
        out,
        seed=0,
        weights=workspace.vgg16(corpus) if given.feature == "image_deep" else None,
        threads=given.threads,
    )


def tune(given: Arguments) -> None:
    """Search settings of a paper's variants on training and validation data."""
    _stages().tune(_workspace(given), given.paper, given.corpus, given.search, given.threads)


def train(given: Arguments) -> None:
    """Train one run of a paper: a variant with a seed."""
    what = given.paper, given.corpus, given.variant, given.seed
    _stages().train(_workspace(given), *what, given.threads)


def evaluate(given: Arguments) -> None:
    """Score all runs of a paper on the test part of a corpus."""
    _stages().evaluate(_workspace(given), given.paper, given.corpus, given.threads)


def artefacts(given: Arguments) -> None:
    """Draw every figure and write every table of a paper or of the benchmark, from files."""
    _stages().artefacts(_workspace(given), given.paper)


def claims(given: Arguments) -> None:
    """Assess the claims of a paper."""
    _stages().claims(_workspace(given), given.paper)


def benchmark(given: Arguments) -> None:
    """Choose a method's settings on a task of the benchmark, train and score it."""
    from crossmodal.benchmark.run import run_method

    run_method(_workspace(given), given.task, given.method, given.threads)


def search(given: Arguments) -> None:
    """Find pictures by a spoken caption, or spoken captions by a picture."""
    from crossmodal.papers.captions.search import print_answers

    what = given.run_folder, given.query, given.gallery, given.best
    print_answers(*what, given.weights, given.threads)


def report(given: Arguments) -> None:
    """Join all claims and write the report page."""
    from crossmodal.edition_report import write_edition_report

    workspace = _workspace(given)
    write_edition_report(workspace, Path("benchmarks") / workspace.place)


def estimate(given: Arguments) -> None:
    """Estimate runs, hours and disk of an edition (`make plan`)."""
    from crossmodal.estimate import show_estimate

    show_estimate(_workspace(given), Path("benchmarks"), given.gpu_tflops, given.out)


def summary(given: Arguments) -> None:
    """Write the numbers of an edition's papers that DVC compares between commits."""
    from crossmodal.reporting.summary import write_summary

    workspace = _workspace(given)
    for paper in workspace.papers:
        metrics = given.out / "metrics" / workspace.place / f"{paper}.json"
        plot = given.out / "plots" / workspace.place / f"{paper}.csv"
        write_summary(workspace.results.paper(paper), metrics, plot)


def verify(given: Arguments) -> None:
    """Compare every file of an edition with the checksum recorded when it was made."""
    from crossmodal.files import verify_folder

    faults = verify_folder(_workspace(given).results.root)
    for fault in faults:
        print(fault)
    if faults:
        raise InputError(
            f"{len(faults)} files are not what was written",
            file=_workspace(given).results.root,
            hint="Delete them and run the workflow again: it makes them anew",
        )
    print("every file is as it was written")


def _stages() -> Any:
    return importlib.import_module("crossmodal.stages")


def _workspace(given: Arguments) -> Workspace:
    from crossmodal.files import record_below
    from crossmodal.workspace import Workspace

    workspace = Workspace.read(given.run)
    record_below(workspace.results.root)
    return workspace


VERBS: dict[Callable[[Arguments], None], tuple[str, ...]] = {
    settings: ("content", "--out"),
    download: ("corpus", "--run?", "--folder", "--mirror", "--parts", "--config"),
    init_corpus: ("videos", "--labels", "--name", "--data", "--split", "--config"),
    eligible: ("--run", "--out"),
    manifest: ("corpus", "--run"),
    preview: ("corpus", "--run"),
    align: ("corpus", "windows", "shard", "--run"),
    merge_shards: ("corpus", "windows", "--run"),
    features: ("rows", "feature", "--run", "--threads"),
    tune: ("paper", "corpus", "search", "--run", "--threads"),
    train: ("paper", "corpus", "variant", "seed", "--run", "--threads"),
    evaluate: ("paper", "corpus", "--run", "--threads"),
    artefacts: ("paper", "--run"),
    claims: ("paper", "--run"),
    benchmark: ("task", "method", "--run", "--threads"),
    report: ("--run",),
    search: ("run_folder", "query", "--gallery", "--best", "--weights", "--threads"),
    estimate: ("--run", "--gpu-tflops", "--out?"),
    summary: ("--run", "--out"),
    verify: ("--run",),
}
"""Verb -> its arguments, which `ARGUMENTS` describes; those with ? may be left out."""


def checkout() -> Path:
    """Return the checkout: this folder where it is one, or else the one that this file lies in."""
    return Path() if Path("config/config.yaml").is_file() else Path(__file__).resolve().parents[2]


ARGUMENTS: dict[str, dict[str, Any]] = {
    "content": {"help": "YAML or JSON: settings, missing and incomplete corpora"},
    "corpus": {"help": "name of a corpus"},
    "windows": {"help": "kind of windows, such as facevoice; see docs/architecture.md"},
    "shard": {"type": int, "help": "which shard, from 0"},
    "rows": {"help": "CORPUS, or CORPUS/WINDOWS: whose manifest the rows follow"},
    "feature": {"help": "name of the feature"},
    "paper": {"help": "name of a paper; `benchmark` has artefacts too"},
    "search": {"help": "what is searched: the name of the table"},
    "variant": {"help": "a variant of config/papers/PAPER.yaml"},
    "seed": {"type": int, "help": "of the training"},
    "task": {"help": "a task of config/benchmark.yaml"},
    "method": {"help": "a method of config/benchmark.yaml"},
    "videos": {"type": Path, "help": "your folder; nothing is written into it"},
    "run_folder": {"type": Path, "help": "a run of `captions`: .../seed<k>"},
    "query": {"type": Path, "help": "a sound or a picture"},
    "--run": {"type": Path, "required": True, "help": "results/<edition>/run.yaml"},
    "--run?": {"type": Path, "help": "results/<edition>/run.yaml, for folder, mirror and parts"},
    "--out": {"type": Path, "required": True, "help": "file or folder to write"},
    "--out?": {"type": Path, "help": "write the table as CSV too"},
    "--threads": {"type": int, "default": 1, "help": "processor threads"},
    "--folder": {"type": Path, "help": "where the corpus goes"},
    "--mirror": {"help": "folder or address that holds the corpora"},
    "--parts": {"nargs": "*", "default": [], "help": "optional parts wanted as well"},
    "--config": {"type": Path, "default": checkout() / "config", "help": "settings folder"},
    "--labels": {"type": Path, "help": "the table (default: labels.csv in the folder)"},
    "--name": {"help": "what corpus= will name (default: the folder's name)"},
    "--data": {"type": Path, "default": checkout() / "data", "help": "folder of the corpora"},
    "--split": {"default": "auto", "help": "auto, file or time"},
    "--gallery": {"type": Path, "required": True, "help": "folder of pictures or of sounds"},
    "--best": {"type": int, "default": 5, "help": "how many answers"},
    "--weights": {"type": Path, "help": "VGG16 weights, for a run that used them"},
    "--gpu-tflops": {"type": float, "default": 10.0, "help": "assumed of an unmeasured GPU"},
}


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all verbs."""
    parser = argparse.ArgumentParser(prog="crossmodal", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for work, names in VERBS.items():
        text = (work.__doc__ or "").strip().splitlines()[0]
        verb = verbs.add_parser(work.__name__.replace("_", "-"), help=text, description=text)
        verb.set_defaults(work=work)
        for name in names:
            verb.add_argument(name.rstrip("?"), **ARGUMENTS[name])
        verb.add_argument("--log", type=Path, help="file for progress and tracebacks")
        verb.add_argument("--traceback", action="store_true", help="show tracebacks")
    return parser


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run one verb and exit; see `command.run`."""
    given = build_parser().parse_args(words)
    limit_threads(getattr(given, "threads", 1))
    lower = partial(_out_of_memory, given) if given.work in (tune, train) else None
    work = partial(given.work, given)
    run(work, log=given.log, show_traceback=given.traceback, out_of_memory=lower)


def _out_of_memory(given: Arguments, where: str) -> InputError:
    """Say which setting to lower when a training's memory ran out."""
    room = importlib.import_module(f"crossmodal.papers.{given.paper}.settings")
    return InputError(
        f"the memory of the {where} ran out",
        file=f"config/papers/{given.paper}.yaml",
        field=room.MEMORY_SETTING,
        hint="Lower it, or free memory, and run it again: what is finished or saved stays",
    )
