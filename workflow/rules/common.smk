"""What all rules share: resolved settings, folders, which corpora are at hand.

Everything here is decided from files and settings, without the network and in well under a
second, because it runs before every command.
"""

import importlib
import json
import os
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(workflow.basedir)
# Rules call `python -m crossmodal`: this interpreter, this source tree.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]),
    PYTHONPATH=str(ROOT / "src"),
)
sys.path.insert(0, str(ROOT / "src"))

from crossmodal.config import (
    WindowChoice,
    load_edition,
    load_workflow,
    overlay,
    read_yaml,
    resolve,
)
from crossmodal.corpora.media import FEATURES, available_features, chosen_windows
from crossmodal.corpora.registry import absences, availability, load_registry
from crossmodal.digest import source_digest
from crossmodal.errors import InputError
from crossmodal.own_videos.entry import CORPUS as OWN_CORPUS
from crossmodal.own_videos.entry import load_entry, own_folder

ENVIRONMENT = str(ROOT / "envs" / "crossmodal.yaml")


def or_exit(function, *arguments):
    """Call a function; a mistake in the settings is one line and exit code 1."""
    try:
        return function(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def growing(first):
    """Return a resource of which a job that is tried again gets twice, three times the first."""
    return lambda wildcards, attempt: first * attempt


def paper_settings(paper):
    """Resolve the settings of a paper for this edition."""
    room = importlib.import_module(f"crossmodal.papers.{paper}.settings")
    return resolve(room.PaperSettings, paper, EDITION, OVERRIDES.get(paper, {}))


def benchmark_settings():
    """Resolve the settings of the benchmark for this edition."""
    room = importlib.import_module("crossmodal.benchmark.settings")
    overrides = SETTINGS.overrides.get("benchmark", {})
    return resolve(room.BenchmarkSettings, "benchmark", EDITION, overrides)


def added_families(paper):
    """Return the families that the overrides alone name: those of a sweep."""
    file = read_yaml(Path("config/papers") / f"{paper}.yaml")
    own = overlay(file, EDITION.papers.get(paper, {})).get("families", {})
    given = SETTINGS.overrides.get(paper, {}).get("families", {})
    return [family for family in given if family not in own]


def lacking(corpus):
    """Return why a corpus cannot be had, or None."""
    choice = EDITION.corpora.get(corpus)
    if choice is None:
        return f"the edition {SETTINGS.edition} has no entry for it in its file"
    if choice.source != "download":
        return None
    folder = Path(corpus_folder(corpus))
    return availability(
        REGISTRY.corpus(corpus), folder, SETTINGS.mirror, also=choice.parts
    )


def absent(corpus):
    """Return what of a corpus at hand is not there and is done without."""
    choice = EDITION.corpora[corpus]
    if choice.source != "download":
        return []
    folder = Path(corpus_folder(corpus))
    return absences(REGISTRY.corpus(corpus), folder, SETTINGS.mirror, also=choice.parts)


def corpus_folder(corpus):
    """Return where a corpus lies: a stand-in by edition, because editions differ in size."""
    if OWN is not None and corpus == OWN_CORPUS:
        return str(own_folder(Path(SETTINGS.data), OWN.name))
    source = EDITION.corpora[corpus].source
    name = f"synthetic-{SETTINGS.edition}" if source == "synthetic" else source
    return f"{SETTINGS.data}/{corpus}/{name}"


def corpus_source(corpus):
    """Return synthetic, download or own."""
    return EDITION.corpora[corpus].source


def window_choice(corpus):
    """Return the windows to cut: of one's own videos those whose papers they seem enough for."""
    chosen = chosen_windows(corpus, EDITION.corpora[corpus].windows)
    if OWN is None or corpus != OWN_CORPUS:
        return chosen
    return {kind: settings for kind, settings in chosen.items() if kind in OWN.papers}


def if_served(paper, files):
    """Return files, or what asks for them when it is known that one's own videos serve a paper.

    How many windows they give is not known before they are cut.
    """
    if OWN is None:
        return files

    def asked(wildcards):
        path = Path(checkpoints.serves.get().output[0])
        return files if paper in json.loads(path.read_text())["served"] else []

    return asked


def shard_files(corpus, kind):
    """Return what the alignment jobs of a corpus leave, shard by shard."""
    count = EDITION.corpora[corpus].shards
    return [
        f"{SHARD}/{file}".format(corpus=corpus, kind=kind, shard=shard, shards=count)
        for shard in range(count)
        for file in SHARD_FILES
    ]


def shard_folders(files):
    """Return the folders of the shards that files lie in, in the order of the shards."""
    return list(dict.fromkeys(str(Path(file).parent) for file in files))


def cut_settings(corpus, kind):
    """Return what decides how a corpus's windows of a kind are cut, as JSON."""
    return as_json(WINDOWS[corpus][kind].model_dump(exclude={"limit_share"}))


def limit_share(corpus, kind):
    """Return the share of a corpus's clips that damaged files may set aside."""
    return WINDOWS[corpus][kind].limit_share


def alignment_digest(kind):
    """Digest what cuts windows of a kind, and nothing that cuts those of another."""
    return source_digest("crossmodal.cli:align", f"crossmodal.alignment.{kind}")


def corpus_features(corpus):
    """Return the features of a corpus; a deep image feature needs the pictures themselves."""
    choice = EDITION.corpora[corpus]
    if choice.source == "own":
        return available_features(corpus, Path(corpus_folder(corpus)))
    pictures = choice.source == "synthetic" or "media" in choice.parts
    return [name for name in FEATURES[corpus] if pictures or name != "image_deep"]


def window_features(corpus, kind):
    """Return every file of the features of a corpus's windows, as one job makes them."""
    files = expand(
        "{results}/corpora/{corpus}/{kind}/{feature}.{suffix}",
        results=RESULTS,
        corpus=corpus,
        kind=kind,
        feature=FEATURES[kind],
        suffix=["npy", "json"],
    )
    if "image_deep" in FEATURES[kind]:
        folder = f"{RESULTS}/corpora/{corpus}/{kind}"
        files += [f"{folder}/{name}" for name in image_network(corpus)]
    return files


def image_network(corpus):
    """Return the file with the small network that describes images, where VGG16 does not."""
    return [] if vgg16_weights(corpus, "image_deep") else ["image_deep.pt"]


def vgg16_weights(corpus, feature):
    """Return VGG16's weights where they are at hand and real pictures are to be described."""
    real = corpus_source(corpus) != "synthetic"
    path = Path(SETTINGS.data) / "vgg16" / "download" / "vgg16-397923af.pth"
    return [str(path)] if feature == "image_deep" and real and path.is_file() else []


def artefact_files(part, artefacts, title):
    """Return the files of figures and tables; one of each is marked for Snakemake's report.

    The part is the folder of a paper, or of the benchmark, below the results.
    """
    files = []
    for name, artefact in artefacts.items():
        stem = f"{RESULTS}/{part}/{artefact.kind}s/{name}"
        shown, other = ("svg", "png") if artefact.kind == "figure" else ("csv", "md")
        marked = report(
            f"{stem}.{shown}",
            caption=f"../report/{part}/{name}.rst",
            category=title,
            subcategory=f"{artefact.kind.capitalize()}s",
            labels={artefact.kind: artefact.title},
        )
        files += [marked, f"{stem}.{other}"]
    return files


def judged_claims(paper):
    """Return the file of a paper's verdicts, marked for Snakemake's report."""
    return report(
        f"{RESULTS}/{paper}/claims.csv",
        caption="../report/claims.rst",
        category=paper_title(paper),
        subcategory="Claims",
        labels={"claims": "Every claim with its verdict"},
    )


def paper_title(paper):
    """Return the title of a paper."""
    return importlib.import_module(f"crossmodal.papers.{paper}").TITLE


def as_json(value):
    """Return JSON that is the same for the same value, for a command line or a digest."""
    return json.dumps(value, sort_keys=True, default=lambda item: item.model_dump())


def digest_of(*values):
    """Digest settings, so that a change reruns what it affects."""
    return sha256(as_json(values).encode()).hexdigest()[:16]


SETTINGS = or_exit(load_workflow, config)
EDITION = or_exit(load_edition, SETTINGS.edition)
REGISTRY = or_exit(load_registry, Path("config/corpora.yaml"))
SEEDS = SETTINGS.seeds or EDITION.seeds
# A corpus of one's own, which the edition of that name is about; None in all other editions.
OWN = or_exit(load_entry, SETTINGS) if SETTINGS.corpus else None
OVERRIDES = overlay({} if OWN is None else OWN.settings, SETTINGS.overrides)
PLACE = SETTINGS.edition if OWN is None else f"{SETTINGS.edition}/{OWN.name}"
# The papers' claims are asked of them.
CLAIMS_ASKED = "" if OWN is None else f"--corpus {OWN_CORPUS}"
RESULTS = f"{SETTINGS.results}/{PLACE}"
LOGS = f"logs/{PLACE}"
BENCHMARKS = f"benchmarks/{PLACE}"
# Read by every command. Not a parameter of the rules: what an override changes is part of the
# digests of the rules that it affects, and no other rule shall run again.
os.environ.update(CROSSMODAL_OVERRIDES=as_json(OVERRIDES))
# Nor is the mirror: the checksums say what a corpus is, wherever it came from.
os.environ.update(CROSSMODAL_MIRROR=SETTINGS.mirror or "")

BENCHMARK = or_exit(benchmark_settings)
PAPERS = [paper for paper in SETTINGS.papers if OWN is None or paper in OWN.papers]
PAPER = {paper: or_exit(paper_settings, paper) for paper in PAPERS}
ADDED = {paper: added_families(paper) for paper in PAPERS}
# Every corpus of the edition is read and shown, whether or not a paper uses it already.
WANTED = sorted(
    {*EDITION.corpora, *(name for paper in PAPERS for name in PAPER[paper].corpora)}
)
MISSING = {
    corpus: reason
    for corpus in WANTED
    if (reason := or_exit(lacking, corpus)) is not None
}
CORPORA = [corpus for corpus in WANTED if corpus not in MISSING]
# Corpus -> kind of window -> settings; corpora without sound have no windows.
WINDOWS = {corpus: or_exit(window_choice, corpus) for corpus in CORPORA}
# Those of one's own videos are made when a paper asks for them.
WINDOW_FEATURES = [
    path
    for corpus, kinds in WINDOWS.items()
    for kind in kinds
    for path in window_features(corpus, kind)
    if OWN is None
]
# Tasks whose corpus or windows are not at hand are left out; a missing corpus is named below.
BENCHMARK_TASKS = [
    task
    for task in BENCHMARK.tasks
    if BENCHMARK.definitions[task].corpus in CORPORA
    and BENCHMARK.definitions[task].windows
    in (None, *WINDOWS[BENCHMARK.definitions[task].corpus])
]
SHARD = f"{RESULTS}/corpora/{{corpus}}/{{kind}}/shards/{{shard}}-of-{{shards}}"
SHARD_FILES = [
    "shard.json",
    "windows.csv",
    "waves.npy",
    "pictures.npy",
    "quarantine.csv",
]
WINDOW_FILES = [
    *["manifest.csv", "quarantine.csv", "sheet.csv", "leakage.csv"],
    *["waves.npy", "waves.json", "pictures.npy", "pictures.json"],
]
# Corpus -> what of it is not there; the rest of it is used.
ABSENT = {corpus: lacks for corpus in CORPORA if (lacks := absent(corpus))}
for corpus, reason in MISSING.items():
    print(f"missing corpus {corpus}: {reason}", file=sys.stderr)
for corpus, lacks in ABSENT.items():
    print(f"incomplete corpus {corpus}: {', '.join(lacks)}", file=sys.stderr)
if not CORPORA:
    sys.exit(
        f"error: config/config.yaml: edition {SETTINGS.edition}: no corpus is at hand"
    )


wildcard_constraints:
    corpus="|".join(WANTED),
    kind="|".join(WindowChoice.model_fields),
    shard=r"\d+",
    shards=r"\d+",
    feature="|".join(sorted({name for names in FEATURES.values() for name in names})),
