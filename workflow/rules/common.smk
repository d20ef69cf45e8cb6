"""What all rules share: the edition as it is run here, and small functions of wildcards.

Everything is decided from files and settings, without the network, because it runs before every
command.
"""

import json
import os
import signal
import sys
import threading
from hashlib import sha256
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ROOT = Path(workflow.basedir)
# Rules call `python -m crossmodal`: this interpreter, this source tree.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]),
    PYTHONPATH=str(ROOT / "src"),
)
sys.path.insert(0, str(ROOT / "src"))

from crossmodal.benchmark.plan import arrays_of, task_folder
from crossmodal.config import BENCHMARK
from crossmodal.corpora.media import FEATURES
from crossmodal.digest import source_digest
from crossmodal.errors import InputError
from crossmodal.expected import expected_seconds
from crossmodal.files import write_text
from crossmodal.own_videos.entry import CORPUS as OWN_CORPUS
from crossmodal.workspace import Workspace


def literal(path):
    """Return a path in which Snakemake sees no wildcards."""
    return path.replace("{", "{{").replace("}", "}}")


ENVIRONMENT = literal(str(ROOT / "envs" / "crossmodal.yaml"))

try:
    EDITION = Workspace.of(config)
    PLANS = {paper: EDITION.plan(paper) for paper in EDITION.papers}
    WINDOWS = {corpus: list(EDITION.windows(corpus)) for corpus in EDITION.corpora}
    TASKS = {task: EDITION.benchmark.methods_for(task) for task in EDITION.tasks}
except InputError as error:
    raise WorkflowError(str(error)) from None

PAGE = f"{EDITION.results.root}/report.html"
RUN_FILE = f"{EDITION.results.root}/run.yaml"
"""What the edition is here; every command reads it. It is no input of any rule: what an override
changes is part of the digests of the jobs that it affects."""

for corpus, reason in EDITION.missing.items():
    logger.warning(f"missing corpus {corpus}: {reason}")
for corpus, lacks in EDITION.incomplete.items():
    logger.warning(f"incomplete corpus {corpus}: {', '.join(lacks)}")


pathvars:
    results=str(EDITION.results.root),
    data=EDITION.settings.data,
    logs=f"logs/{EDITION.place}",
    benchmarks=f"benchmarks/{EDITION.place}",


wildcard_constraints:
    corpus="|".join(EDITION.wanted),
    windows="|".join(sorted({kind for kinds in WINDOWS.values() for kind in kinds}))
    or "-",
    rows=r"[^/]+(/[^/]+)?",
    feature="|".join(sorted({name for names in FEATURES.values() for name in names})),
    paper="|".join([*PLANS, BENCHMARK]),
    variant=r"[^/]+",
    seed=r"\d+",
    shard=r"\d+",


def say_what_is_expected(dag):
    """Tell the screen (`snakemake_logger_plugin_crossmodal`) how long each job may take."""
    below = f"benchmarks/{EDITION.place}"
    jobs = [str(job.benchmark) for job in dag.needrun_jobs() if job.benchmark]
    expected = expected_seconds(jobs, below, EDITION.settings.edition)
    minutes = sum(expected.values()) / 60
    logger.info(
        f"{len(jobs)} jobs, about {minutes:.0f} core-minutes",
        extra={"expected": expected, "below": below},
    )


def handle_in_a_thread(number):
    """Let a signal's handler run in a thread of its own.

    That of Snakemake takes a lock that the code it interrupts may hold, and would wait for ever
    (docs/upstream.md).
    """
    handler = signal.getsignal(number)
    if callable(handler):
        signal.signal(
            number, lambda *told: threading.Thread(target=handler, args=told).start()
        )


def per_attempt(first):
    """Return a resource of which a job that is tried again gets twice, three times the first."""
    return lambda wildcards, attempt: first * attempt


def as_json(value):
    """Return JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, default=lambda item: item.model_dump())


def digest_of(*values):
    """Digest settings, so that a change reruns what it affects."""
    return sha256(as_json(values).encode()).hexdigest()[:16]


def contents(wildcards):
    """Return the seal of a corpus: its list of files, written last."""
    return f"{EDITION.corpus_folder(wildcards.corpus)}/contents.csv"


def below(folder, *names):
    """Return files of a folder."""
    return [f"{folder}/{name}" for name in names]


def feature_files(paper, corpus, names):
    """Return the manifest that a paper's arrays follow, and the descriptions of these arrays.

    A description has the checksum of its array: it is what decides whether a job runs again, so
    that gigabytes need not be read for that.
    """
    folder = EDITION.results.corpus(corpus, PLANS[paper].windows)
    return below(folder, "manifest.csv", *(f"{name}.json" for name in names))


def arrays(paper, corpus, names):
    """Return arrays that a paper reads."""
    folder = EDITION.results.corpus(corpus, PLANS[paper].windows)
    return below(folder, *(f"{name}.npy" for name in names))


def run_files(run, paper, *names):
    """Return files of a run's folder."""
    return below(EDITION.results.paper(paper).run(run), *names)


def served():
    """Return the papers that run: of one's own videos those that the windows are enough for.

    How many windows one's own videos give is not known before they are cut.
    """
    if EDITION.own is None:
        return list(PLANS)
    path = Path(checkpoints.eligible.get().output[0])
    return [paper for paper in PLANS if paper in json.loads(path.read_text())["served"]]


# Of windows and features.


def shard_files(wildcards):
    """Return what the alignment jobs of a corpus leave."""
    return [
        file
        for shard in range(EDITION.choice(wildcards.corpus).shards)
        for file in below(
            EDITION.shard(wildcards.corpus, wildcards.windows, shard), *SHARD_FILES
        )
    ]


def cut_settings(wildcards):
    """Digest what decides how windows are cut."""
    settings = EDITION.windows(wildcards.corpus)[wildcards.windows]
    return digest_of(settings.model_dump(exclude={"limit_share"}))


def cut_code(wildcards):
    """Digest what cuts windows of a kind, and nothing that cuts those of another."""
    return source_digest(
        "crossmodal.alignment.stage:align", f"crossmodal.alignment.{wildcards.windows}"
    )


def feature_inputs(wildcards):
    """Return what a feature is made from beside the manifest."""
    corpus, _, windows = wildcards.rows.partition("/")
    weights = EDITION.vgg16(corpus) if wildcards.feature == "image_deep" else None
    files = [f"{EDITION.corpus_folder(corpus)}/contents.csv"]
    if windows:
        folder = EDITION.results.corpus(corpus, windows)
        files += below(folder, "waves.json", "pictures.json")
    return files + ([] if weights is None else [str(weights)])


def window_arrays(wildcards):
    """Return the windows' arrays that a feature is made from."""
    corpus, _, windows = wildcards.rows.partition("/")
    folder = EDITION.results.corpus(corpus, windows or None)
    return below(folder, "waves.npy", "pictures.npy") if windows else []


def feature_code(wildcards):
    """Digest what makes the features of a corpus or of windows of a kind."""
    corpus, _, windows = wildcards.rows.partition("/")
    return source_digest(
        "crossmodal.features.stage:write_features",
        f"crossmodal.features.makers.{windows or corpus}",
    )


# Of papers.


def plan_resource(stage, name):
    """Return a resource that a paper's settings give a stage, more at each attempt."""
    return lambda wildcards, attempt: (
        getattr(PLANS[wildcards.paper].resources(stage), name) * attempt
    )


def stage_code(stage):
    """Return the digest of the source of a stage, for each paper its own."""
    return lambda wildcards: PLANS[wildcards.paper].code(stage)


def searched_arrays(wildcards):
    """Return the arrays that the variants of a search read, by name."""
    plan = PLANS[wildcards.paper]
    variants = plan.searches(wildcards.corpus)[wildcards.search]
    return sorted(
        {array for one in variants for array in plan.features(wildcards.corpus, one)}
    )


def trained_arrays(wildcards):
    """Return the arrays that a run reads, by name."""
    return PLANS[wildcards.paper].features(wildcards.corpus, wildcards.variant)


def run_of(wildcards):
    """Return the run that wildcards name; Snakemake asks for no other."""
    plan, seed = PLANS[wildcards.paper], int(wildcards.seed)
    for run in plan.runs(wildcards.corpus):
        if (run.variant, run.seed) == (wildcards.variant, seed):
            return run
    raise WorkflowError(
        f"{wildcards.paper} has no run {wildcards.variant}/seed{seed} on {wildcards.corpus} in"
        f" this edition. Variants: {', '.join(plan.variants(wildcards.corpus))}"
    )


def runs_before(wildcards):
    """Return the files of the runs that a run builds on."""
    before = PLANS[wildcards.paper].before(run_of(wildcards))
    return [
        file
        for run in before.values()
        for file in run_files(
            run, wildcards.paper, "checkpoint.pt", "history.csv", "run.json"
        )
    ]


def search_table(wildcards):
    """Return the table of the search that chose settings of a run."""
    name = PLANS[wildcards.paper].search_of(wildcards.corpus, wildcards.variant)
    if name is None:
        return []
    return str(EDITION.results.paper(wildcards.paper).search(wildcards.corpus, name))


def runs_gpu(wildcards):
    """Return the GPUs that a run asks for."""
    return int(PLANS[wildcards.paper].uses_gpu(wildcards.variant))


def search_gpu(wildcards):
    """Return the GPUs that a search asks for."""
    plan = PLANS[wildcards.paper]
    return int(
        any(map(plan.uses_gpu, plan.searches(wildcards.corpus)[wildcards.search]))
    )


def all_run_files(paper, corpus, *names):
    """Return files of every run of a paper on a corpus."""
    runs = PLANS[paper].runs(corpus)
    return [file for run in runs for file in run_files(run, paper, *names)]


def evaluated(paper, *kinds):
    """Return what evaluation leaves of a paper: `scores`, `metrics`, `examples`."""
    folder, corpora = EDITION.results.paper(paper), PLANS[paper].corpora()
    return [str(getattr(folder, kind)(corpus)) for corpus in corpora for kind in kinds]


def searches(paper):
    """Return the tables of a paper's searches."""
    folder, plan = EDITION.results.paper(paper), PLANS[paper]
    return [
        str(folder.search(corpus, name))
        for corpus in plan.corpora()
        for name in plan.searches(corpus)
    ]


def artefact_files(paper, entries, marked=lambda file, entry: file):
    """Return the files of figures and tables; `marked` marks one of each for a report."""
    files = []
    for name, entry in entries.items():
        stem = EDITION.results.paper(paper).artefact(entry.kind, name)
        shown, other = ("svg", "png") if entry.kind == "figure" else ("csv", "md")
        files += [marked(f"{stem}.{shown}", entry), f"{stem}.{other}"]
        files += [f"{stem}.audio.json"] if entry.sounds else []
    return files


def in_report(paper):
    """Return what marks a figure or table of a paper for Snakemake's report."""
    return lambda file, entry: report(
        file,
        caption="../report/artefact.rst",
        category=EDITION.title(paper),
        subcategory=f"{entry.kind.capitalize()}s",
        labels={entry.kind: entry.title},
    )


def captions(entries):
    """Return title -> caption of figures and tables, in reStructuredText."""
    plain = str.maketrans({sign: f"\\{sign}" for sign in "\\*`_|"})
    return {
        entry.title.translate(plain): entry.caption.translate(plain)
        for entry in entries.values()
    }


# Of the benchmark.


def task_arrays(suffix):
    """Return what a task reads with a suffix: descriptions or arrays."""
    return lambda wildcards: below(
        task_folder(EDITION.benchmark, wildcards.task, EDITION.results),
        *(f"{name}.{suffix}" for name in arrays_of(EDITION.benchmark, wildcards.task)),
    )


def benchmark_files(*names):
    """Return files of every method on every task."""
    return [
        f"{EDITION.results.paper(BENCHMARK).root}/{name}".format(
            task=task, method=method
        )
        for task, methods in TASKS.items()
        for method in methods
        for name in names
    ]


# Of the report.


def corpus_files():
    """Return what is made of every corpus: tables, previews, windows, features."""
    files = []
    for corpus, kinds in WINDOWS.items():
        folder = EDITION.results.corpus(corpus)
        files += below(
            folder, "manifest.csv", "summary.csv", "leakage.csv", "quarantine.csv"
        )
        files += below(folder, "contact_sheet.jpg", "audio.json")
        for kind in [None, *kinds]:
            folder = EDITION.results.corpus(corpus, kind)
            files += [] if kind is None else below(folder, *WINDOW_FILES)
            # Those of one's own videos are made when a paper asks for them.
            if EDITION.own is None:
                names = EDITION.features(corpus, kind)
                files += below(
                    folder, *(f"{name}.{s}" for name in names for s in ("json", "npy"))
                )
    return files


def paper_files(wildcards=None):
    """Return every file of every paper that runs."""
    return [
        file
        for paper in served()
        for file in [
            *artefact_files(paper, PLANS[paper].settings.artefacts),
            f"{EDITION.results.paper(paper).root}/claims.csv",
            *evaluated(paper, "scores", "metrics", "examples"),
            *searches(paper),
            *(
                file
                for corpus in PLANS[paper].corpora()
                for file in all_run_files(
                    paper, corpus, "checkpoint.pt", "history.csv", "run.json"
                )
            ),
        ]
    ]


def every_file(wildcards):
    """Return every file of the edition but the page."""
    return [
        *paper_files(),
        *corpus_files(),
        *(artefact_files(BENCHMARK, EDITION.benchmark.artefacts) if TASKS else []),
        *benchmark_files(
            "scores/{task}/{method}.npz",
            "metrics/{task}/{method}.csv",
            "runs/{task}/{method}/run.json",
            "runs/{task}/{method}/trials.csv",
        ),
    ]
