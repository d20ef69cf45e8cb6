"""The command line: one verb a stage, on files. Heavy imports happen inside the verbs only.

Every rule of the workflow calls one of these verbs; a person may call them by hand.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from crossmodal.errors import InputError
from crossmodal.files import is_full, no_room
from crossmodal.signals import Stopped, listening

Arguments = argparse.Namespace
# What a verb returns: the work that is left once everything it needs is imported. The log tells
# the two apart, because starting up is pure cost.
Work = Callable[[], None]
PAPERS = ["hashing", "captions", "cmcgan", "facevoice", "msvae"]
BENCHMARK = "benchmark"


def write_config(arguments: Arguments) -> Work:
    """Write the default configuration and the schemas, or say what has drifted (`--check`)."""
    from crossmodal.generated import check_generated, write_generated

    return partial(check_generated if arguments.check else write_generated, Path())


def download(arguments: Arguments) -> Work:
    """Download a corpus, or take it from a mirror, and check it."""
    from crossmodal.corpora.download import download_corpus
    from crossmodal.corpora.registry import load_registry

    registry = load_registry(arguments.registry)
    return partial(
        download_corpus,
        arguments.corpus,
        arguments.folder,
        registry,
        arguments.mirror,
        also=arguments.parts,
    )


def synthesize(arguments: Arguments) -> Work:
    """Write the stand-in of a corpus in its published layout."""
    from crossmodal.corpora.standins import write_stand_in

    generator = json.loads(arguments.generator)
    return partial(write_stand_in, arguments.corpus, arguments.folder, generator)


def init_corpus(arguments: Arguments) -> Work:
    """Make a corpus of a folder of videos of your own, and say what it can be used for."""
    _limit_threads(1)
    from crossmodal.own_videos.init import init_corpus as look_and_write
    from crossmodal.own_videos.printed import print_found
    from crossmodal.own_videos.serving import Needs

    def work() -> None:
        needs = Needs(arguments.config, json.loads(arguments.overrides))
        words = (arguments.videos, arguments.labels, arguments.name, arguments.data)
        print_found(look_and_write(*words, arguments.split, needs))

    return work


def serves(arguments: Arguments) -> Work:
    """Say which papers the windows cut out of videos of your own are enough for."""
    from crossmodal.own_videos.serving import write_serving

    return partial(
        write_serving,
        arguments.config,
        json.loads(arguments.overrides),
        arguments.folder,
        arguments.windows,
        arguments.out,
    )


def manifest(arguments: Arguments) -> Work:
    """Read a corpus folder and write its manifest."""
    from crossmodal.corpora.readers import write_corpus_manifest

    reader = json.loads(arguments.reader)
    return partial(write_corpus_manifest, arguments.corpus, arguments.folder, reader, arguments.out)


def showcase(arguments: Arguments) -> Work:
    """Make a corpus's contact sheet and the clips to listen to in the report."""
    from crossmodal.corpora.showcase import write_showcase

    return partial(write_showcase, arguments.manifest, arguments.folder, arguments.out)


def align(arguments: Arguments) -> Work:
    """Cut a share of a corpus into windows of sound and pictures."""
    _limit_threads(1)
    from crossmodal.alignment.stage import align as align_shard

    return partial(
        align_shard,
        arguments.corpus,
        arguments.kind,
        arguments.folder,
        arguments.manifest,
        json.loads(arguments.settings),
        arguments.shard,
        arguments.shards,
        arguments.out,
    )


def join(arguments: Arguments) -> Work:
    """Join the shards of an alignment into the windows of a corpus."""
    _limit_threads(1)
    from crossmodal.alignment.join import join as join_shards

    return partial(
        join_shards,
        arguments.shards,
        arguments.out,
        arguments.limit_share,
        may_be_empty=arguments.may_be_empty,
    )


def features(arguments: Arguments) -> Work:
    """Compute features, row-aligned with the manifest."""
    _limit_threads(arguments.threads)
    from crossmodal.features.stage import load_maker, write_features

    load_maker(arguments.made_from, arguments.names)
    return partial(
        write_features,
        arguments.made_from,
        arguments.names,
        arguments.folder,
        arguments.manifest,
        arguments.out,
        seed=0,
        weights=arguments.weights,
        threads=arguments.threads,
    )


def tune(arguments: Arguments) -> Work:
    """Search a method's settings on training data."""
    _limit_threads(arguments.threads)
    return partial(
        _stage(arguments.paper, "tune").tune,
        _settings(arguments),
        arguments.corpus,
        arguments.method,
        arguments.families,
        arguments.corpus_results,
        arguments.out,
        arguments.threads,
    )


def train(arguments: Arguments) -> Work:
    """Train families of a paper, all their seeds."""
    _limit_threads(arguments.threads)
    searched = {} if arguments.tuning is None else {"tuning": arguments.tuning}
    return partial(
        _stage(arguments.paper, "train").train_runs,
        _settings(arguments),
        arguments.corpus,
        arguments.source,
        arguments.families,
        arguments.seeds,
        arguments.corpus_results,
        out=arguments.out,
        threads=arguments.threads,
        **searched,
    )


def evaluate(arguments: Arguments) -> Work:
    """Score trained runs on the test part under every protocol."""
    _limit_threads(arguments.threads)
    return partial(
        _stage(arguments.paper, "evaluate").evaluate,
        _settings(arguments),
        arguments.corpus,
        arguments.families,
        arguments.seeds,
        arguments.corpus_results,
        arguments.out,
        *([] if arguments.folder is None else [arguments.folder]),
    )


def benchmark(arguments: Arguments) -> Work:
    """Choose settings, train and score methods on a task of the benchmark."""
    _limit_threads(arguments.threads)
    from crossmodal.benchmark.run import run_task

    arguments.paper = BENCHMARK
    return partial(
        run_task,
        _settings(arguments),
        arguments.task,
        arguments.source,
        arguments.methods,
        arguments.seeds,
        arguments.folder,
        arguments.out,
        arguments.threads,
    )


def collect(arguments: Arguments) -> Work:
    """Join the metrics of all runs of a paper; nothing needs to be kept of their jobs any more."""
    from crossmodal.jobs import forget
    from crossmodal.runs import Run, write_metrics

    def work() -> None:
        write_metrics(arguments.runs, arguments.out)
        for corpus in sorted({Run.of(folder).corpus for folder in arguments.runs}):
            forget(arguments.out.parent, corpus)

    return work


def artefacts(arguments: Arguments) -> Work:
    """Draw every figure and write every table of a paper, from files."""
    room = _stage(arguments.paper, "figures")
    return partial(room.write_artefacts, _settings(arguments), arguments.results)


def claims(arguments: Arguments) -> Work:
    """Judge the claims of a paper."""
    from crossmodal.reporting.claims import write_claims

    return partial(
        write_claims, arguments.claims, arguments.results, arguments.out, arguments.corpus
    )


def search(arguments: Arguments) -> Work:
    """Find pictures by a spoken caption, or spoken captions by a picture."""
    _limit_threads(arguments.threads)
    return partial(
        _stage("captions", "search").print_answers,
        arguments.run_folder,
        arguments.query,
        arguments.gallery,
        arguments.best,
        arguments.weights,
        arguments.threads,
    )


def report(arguments: Arguments) -> Work:
    """Join all claims and write the report page."""
    from crossmodal.edition_report import write_edition_report

    return partial(
        write_edition_report,
        arguments.config,
        arguments.edition,
        arguments.results,
        arguments.papers,
        dict(json.loads(arguments.missing)),
        json.loads(arguments.overrides),
        arguments.benchmarks,
        arguments.serving,
        json.loads(arguments.incomplete),
    )


def plan(arguments: Arguments) -> Work:
    """Estimate jobs, hours and disk of an edition from a dry run (`make plan`)."""
    from crossmodal.edition_plan import show_plan

    return partial(
        show_plan,
        arguments.config,
        arguments.edition,
        arguments.jobs,
        arguments.results,
        arguments.benchmarks,
        arguments.seeds,
        json.loads(arguments.overrides),
        arguments.gpu_tflops,
        arguments.out,
    )


def ledger(arguments: Arguments) -> Work:
    """Write the numbers of papers that DVC compares between commits."""
    from crossmodal.reporting.summary import write_summary

    def write() -> None:
        for paper in arguments.papers:
            write_summary(
                arguments.results / paper,
                arguments.out / "metrics" / arguments.results.name / f"{paper}.json",
                arguments.out / "plots" / arguments.results.name / f"{paper}.csv",
            )

    return write


def _stage(paper: str, module: str) -> Any:
    """Import one module of a paper's folder, or of the benchmark's."""
    room = BENCHMARK if paper == BENCHMARK else f"papers.{paper}"
    return importlib.import_module(f"crossmodal.{room}.{module}")


def _settings(arguments: Arguments) -> Any:
    """Resolve the paper's settings for the edition and overrides of the command line."""
    from crossmodal.config import load_edition, resolve

    edition = load_edition(arguments.edition, arguments.config)
    overrides = json.loads(arguments.overrides).get(arguments.paper, {})
    settings = _stage(arguments.paper, "settings")
    model = settings.BenchmarkSettings if arguments.paper == BENCHMARK else settings.PaperSettings
    return resolve(model, arguments.paper, edition, overrides, arguments.config)


def _limit_threads(threads: int) -> None:
    # Linear algebra libraries read these once, when they are loaded.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all verbs."""
    parser = argparse.ArgumentParser(prog="crossmodal", description=__doc__)
    parser.add_argument("--log", type=Path, help="file for progress and tracebacks")
    parser.add_argument("--traceback", action="store_true", help="show tracebacks on the screen")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run: Callable[[Arguments], Work]) -> argparse.ArgumentParser:
        summary = (run.__doc__ or "").strip().splitlines()[0]
        added = verbs.add_parser(name, help=summary, description=summary)
        added.set_defaults(run=run)
        return added

    def option(added: argparse.ArgumentParser, *names: str, **settings: Any) -> None:
        for name in names:
            added.add_argument(f"--{name}", required=True, type=Path, **settings)

    def resolved(added: argparse.ArgumentParser) -> None:
        added.add_argument("--edition", default="demo", help="demo unless told")
        overridable(added)

    def overridable(added: argparse.ArgumentParser) -> None:
        added.add_argument("--config", type=Path, default=Path("config"), help="settings folder")
        added.add_argument(
            "--overrides",
            default=os.environ.get("CROSSMODAL_OVERRIDES", "{}"),
            help="JSON: paper -> settings laid over its file (default: CROSSMODAL_OVERRIDES)",
        )

    def threaded(added: argparse.ArgumentParser) -> None:
        added.add_argument("--threads", type=int, default=1, help="processor threads")

    added = verb("config", write_config)
    added.add_argument("--check", action="store_true", help="only compare, fail on a difference")

    added = verb("download", download)
    added.add_argument("corpus")
    option(added, "folder", help="where the corpus goes")
    added.add_argument("--registry", type=Path, default=Path("config/corpora.yaml"))
    added.add_argument(
        "--mirror",
        default=os.environ.get("CROSSMODAL_MIRROR") or None,
        help="folder or address that holds the corpora (default: CROSSMODAL_MIRROR)",
    )
    added.add_argument("--parts", nargs="*", default=[], help="optional parts wanted as well")

    added = verb("synthesize", synthesize)
    added.add_argument("corpus")
    option(added, "folder", help="where the corpus goes")
    added.add_argument("--generator", default="{}", help="JSON: size and seed of the stand-in")

    added = verb("init-corpus", init_corpus)
    added.add_argument("videos", type=Path, help="your folder; nothing is written into it")
    added.add_argument("--labels", type=Path, help="the table (default: labels.csv in the folder)")
    added.add_argument("--name", help="what corpus= will name (default: the folder's name)")
    added.add_argument("--data", type=Path, default=Path("data"), help="folder of the corpora")
    added.add_argument("--split", default="auto", help="auto, file or time")
    overridable(added)

    added = verb("serves", serves)
    option(added, "folder", help="data/NAME/own")
    added.add_argument("--windows", nargs="*", type=Path, default=[], help="their manifest.csv")
    option(added, "out", help="the papers.json to write")
    overridable(added)

    added = verb("manifest", manifest)
    added.add_argument("corpus")
    option(added, "folder", help="the corpus, in its published layout")
    option(added, "out", help="the manifest.csv to write")
    added.add_argument("--reader", default="{}", help="JSON: arguments of the corpus's reader")

    added = verb("showcase", showcase)
    option(added, "folder", help="the corpus, in its published layout")
    option(added, "manifest", help="its manifest.csv")
    option(added, "out", help="folder for contact_sheet.jpg and listening.json")

    added = verb("align", align)
    added.add_argument("corpus")
    added.add_argument("kind", help="such as facevoice; see docs/architecture.md")
    option(added, "folder", help="the corpus, in its published layout")
    option(added, "manifest", help="its manifest.csv")
    option(added, "out", help="folder for the windows of this shard")
    added.add_argument("--settings", default="{}", help="JSON: settings of the kind")
    added.add_argument("--shard", type=int, default=0, help="which shard, from 0")
    added.add_argument("--shards", type=int, default=1, help="how many there are")

    added = verb("join", join)
    added.add_argument("--shards", nargs="+", type=Path, required=True, help="folders, in order")
    option(added, "out", help="folder for the windows of the corpus")
    added.add_argument(
        "--limit-share", type=float, default=0.05, help="share of damaged clips that stops it"
    )
    added.add_argument(
        "--may-be-empty", action="store_true", help="go on where no window could be cut"
    )

    added = verb("features", features)
    added.add_argument("made_from", help="corpus of images and texts, or kind of windows")
    added.add_argument("names", nargs="+")
    option(added, "folder", help="the corpus, in its published layout")
    option(added, "manifest", help="manifest.csv of the corpus or of its windows")
    option(added, "out", help="folder for <name>.npy and <name>.json")
    added.add_argument("--weights", type=Path, help="VGG16 weights for image_deep")
    threaded(added)

    for name, run in (("tune", tune), ("train", train), ("evaluate", evaluate)):
        added = verb(name, run)
        added.add_argument("paper", choices=PAPERS)
        added.add_argument("--corpus", required=True)
        added.add_argument("--families", nargs="+", required=True)
        option(added, "corpus-results", help="folder of manifest.csv and features")
        option(added, "out", help="file or folder to write")
        resolved(added)
        threaded(added)
        if name == "tune":
            added.add_argument("--method", required=True)
        else:
            added.add_argument("--seeds", nargs="+", type=int, required=True)
        if name == "evaluate":
            added.add_argument("--folder", type=Path, help="the corpus, if its pictures are shown")
        if name == "train":
            added.add_argument("--source", required=True, help="where the corpus came from")
            added.add_argument("--tuning", type=Path, help="what `tune` wrote, if the paper tunes")

    added = verb("benchmark", benchmark)
    added.add_argument("task", help="a definition of config/benchmark.yaml")
    added.add_argument("--source", required=True, help="where the corpus came from")
    added.add_argument("--methods", nargs="+", required=True)
    added.add_argument("--seeds", nargs="+", type=int, required=True)
    option(added, "folder", help="folder of manifest and arrays")
    option(added, "out", help="results/<edition>/benchmark")
    resolved(added)
    threaded(added)

    added = verb("collect", collect)
    added.add_argument("runs", nargs="*", type=Path, help="run folders; none where no corpus is")
    option(added, "out", help="the metrics.csv to write")

    added = verb("artefacts", artefacts)
    added.add_argument("paper", choices=[*PAPERS, BENCHMARK])
    option(added, "results", help="results/<edition>/<paper>")
    resolved(added)

    added = verb("claims", claims)
    option(added, "claims", help="config/claims/<paper>.csv")
    option(added, "results", help="results/<edition>/<paper>")
    option(added, "out", help="the claims.csv to write")
    added.add_argument("--corpus", help="ask the claims of this corpus, whichever they are about")

    added = verb("search", search)
    added.add_argument("run_folder", type=Path, help="a run of `captions`: .../seed<k>")
    added.add_argument("query", type=Path, help="a sound or a picture")
    option(added, "gallery", help="folder of pictures or of sounds, searched with all below it")
    added.add_argument("--best", type=int, default=5, help="how many answers")
    added.add_argument("--weights", type=Path, help="VGG16 weights, for a run that used them")
    threaded(added)

    added = verb("report", report)
    added.add_argument("papers", nargs="*")
    option(added, "results", help="results/<edition>")
    added.add_argument("--serving", type=Path, help="what `serves` wrote of one's own videos")
    added.add_argument("--missing", default="{}", help="JSON: corpus -> why it is not at hand")
    added.add_argument("--incomplete", default="{}", help="JSON: corpus -> what of it is not there")
    added.add_argument("--benchmarks", type=Path, help="benchmarks/<edition>, what the jobs cost")
    resolved(added)

    added = verb("plan", plan)
    option(added, "jobs", help="what `snakemake -n --quiet rules` printed")
    option(added, "results", help="results/<edition>, for manifests that are there")
    option(added, "benchmarks", help="benchmarks/<edition>, for jobs that ran")
    added.add_argument("--seeds", nargs="+", type=int, help="instead of the edition's")
    added.add_argument(
        "--gpu-tflops", type=float, default=10.0, help="assumed of a GPU that was not measured"
    )
    added.add_argument("--out", type=Path, help="write the table as CSV too")
    resolved(added)

    added = verb("ledger", ledger)
    added.add_argument("papers", nargs="+", choices=PAPERS)
    option(added, "results", help="results/<edition>")
    option(added, "out", help="folder for metrics/<edition> and plots/<edition>")
    return parser


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run one verb; a mistake of the user is one line and exit code 1.

    A signal that asks for an end is one line, too, and exit code 75: try again.
    """
    arguments = build_parser().parse_args(words)
    try:
        with listening():
            _start_log(arguments.log)
            work = arguments.run(arguments)
            start_up = time.process_time()
            work()
            spent = time.process_time() - start_up
            logging.getLogger("crossmodal").info(
                "start-up %.2f core-seconds, work %.2f core-seconds", start_up, spent
            )
    except Stopped as stopped:
        logging.getLogger("crossmodal").info("%s", stopped)
        print(stopped, file=sys.stderr)
        sys.exit(stopped.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        logging.getLogger("crossmodal").error("%s", traceback.format_exc())
        if arguments.traceback:
            raise
        told = _memory_error(error, arguments) or error
        print(f"error: {_one_line(told, arguments.log)}", file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


def _start_log(path: Path | None) -> None:
    # A full disk shall not fill the screen with what the log has no room for.
    logging.raiseExceptions = False
    handler: logging.Handler = logging.NullHandler()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.captureWarnings(True)


def _memory_error(error: Exception, arguments: Arguments) -> InputError | None:
    """Say what to lower when memory ran out; None for any other error."""
    from crossmodal.devices import exhausted_memory

    where = exhausted_memory(error)
    if where is None:
        return None
    stays = "run it again: what is finished or saved stays"
    if arguments.verb not in ("tune", "train"):
        return InputError(
            f"the memory of the {where} ran out",
            hint=f"Free some, or take a larger one, and {stays}",
        )
    return InputError(
        f"the memory of the {where} ran out",
        file=arguments.config / "papers" / f"{arguments.paper}.yaml",
        field=_stage(arguments.paper, "settings").MEMORY_SETTING,
        hint=f"Lower it, or free memory, and {stays}",
    )


def _one_line(error: Exception, log: Path | None) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and is_full(error):
        return str(no_room(Path(error.filename or ".").parent))
    # Anything else is a fault of the program or the machine: say where its traceback is.
    where = f"the traceback is in {log}" if log else "run again with --traceback"
    return f"{type(error).__name__}: {' '.join(str(error).split())} ({where})"
