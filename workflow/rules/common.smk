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

from crossmodal.config import load_edition, load_workflow, resolve
from crossmodal.corpora.media import FEATURES, available_features
from crossmodal.corpora.registry import availability, load_registry
from crossmodal.digest import source_digest
from crossmodal.errors import InputError

ENVIRONMENT = str(ROOT / "envs" / "crossmodal.yaml")


def or_exit(function, *arguments):
    """Call a function; a mistake in the settings is one line and exit code 1."""
    try:
        return function(*arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


def paper_settings(paper):
    """Resolve the settings of a paper for this edition."""
    room = importlib.import_module(f"crossmodal.papers.{paper}.settings")
    return resolve(
        room.PaperSettings, paper, EDITION, SETTINGS.overrides.get(paper, {})
    )


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


def corpus_folder(corpus):
    """Return where a corpus lies: a stand-in by edition, because editions differ in size."""
    source = EDITION.corpora[corpus].source
    name = f"synthetic-{SETTINGS.edition}" if source == "synthetic" else source
    return f"{SETTINGS.data}/{corpus}/{name}"


def corpus_source(corpus):
    """Return synthetic, download or own."""
    return EDITION.corpora[corpus].source


def corpus_features(corpus):
    """Return the features of a corpus; a deep image feature needs the pictures themselves."""
    choice = EDITION.corpora[corpus]
    if choice.source == "own":
        return available_features(corpus, Path(corpus_folder(corpus)))
    pictures = choice.source == "synthetic" or "media" in choice.parts
    return [name for name in FEATURES[corpus] if pictures or name != "image_deep"]


def vgg16_weights(corpus, feature):
    """Return VGG16's weights where they are at hand and real pictures are to be described."""
    real = corpus_source(corpus) != "synthetic"
    path = Path(SETTINGS.data) / "vgg16" / "download" / "vgg16-397923af.pth"
    return [str(path)] if feature == "image_deep" and real and path.is_file() else []


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
RESULTS = f"{SETTINGS.results}/{SETTINGS.edition}"
LOGS = f"logs/{SETTINGS.edition}"
BENCHMARKS = f"benchmarks/{SETTINGS.edition}"
# Read by every command. Not a parameter of the rules: what an override changes is part of the
# digests of the rules that it affects, and no other rule shall run again.
os.environ.update(CROSSMODAL_OVERRIDES=as_json(SETTINGS.overrides))

PAPERS = SETTINGS.papers
PAPER = {paper: or_exit(paper_settings, paper) for paper in PAPERS}
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
for corpus, reason in MISSING.items():
    print(f"missing corpus {corpus}: {reason}", file=sys.stderr)
if not CORPORA:
    sys.exit(
        f"error: config/config.yaml: edition {SETTINGS.edition}: no corpus is at hand"
    )


wildcard_constraints:
    corpus="|".join(WANTED),
    feature="|".join(sorted({name for names in FEATURES.values() for name in names})),
