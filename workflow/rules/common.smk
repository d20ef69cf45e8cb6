"""What all rules share: the edition as it is run here, and small functions of wildcards.

Everything is decided from files and settings, without the network, because it runs before every
command.
"""

import json
import os
import sys
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

from crossmodal.config import BENCHMARK
from crossmodal.corpora.media import FEATURES
from crossmodal.digest import source_digest
from crossmodal.errors import InputError
from crossmodal.files import write_text
from crossmodal.own_videos.entry import CORPUS as OWN_CORPUS
from crossmodal.workspace import Workspace

ENVIRONMENT = str(ROOT / "envs" / "crossmodal.yaml")

try:
    EDITION = Workspace.of(config)
    PLANS = {paper: EDITION.plan(paper) for paper in EDITION.papers}
    WINDOWS = {corpus: list(EDITION.windows(corpus)) for corpus in EDITION.corpora}
    TASKS = {task: EDITION.benchmark.methods_for(task) for task in EDITION.tasks}
except InputError as error:
    raise WorkflowError(str(error)) from None

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


# For commands that people type before anything has run; a run writes it by itself (`onstart`).
rule settings:
    output:
        "<results>/run.yaml",
    log:
        "<logs>/settings.log",
    conda:
        ENVIRONMENT
    params:
        content=as_json(EDITION.as_dict()),
    shell:
        "python -m crossmodal settings {params.content:q} --out {output:q} --log {log:q}"
