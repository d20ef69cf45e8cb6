"""The ledger: keep a finished edition by its contents, and get it back without computing it.

    python workflow/scripts/ledger.py save --edition demo       into DVC's cache and the remote
    python workflow/scripts/ledger.py restore --edition demo    from the remote into a clone

DVC moves and checks contents, Snakemake alone decides what has to be computed; both by their public
commands. Restoring at the commit that was saved, `snakemake --touch` notes that everything is up to
date there; what changed since is then run again as after any edit.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import yaml
from run_once import ensure_cache, take_lock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from crossmodal.config import load_edition, load_workflow, read_yaml
from crossmodal.corpora.registry import load_registry
from crossmodal.errors import InputError
from crossmodal.files import write_text
from crossmodal.workspace import Workspace

BIN = Path(sys.executable).parent
STAGES = Path("ledger/stages.yaml")
HEAD = "# What the ledger holds. Written by `make save`, read by dvc.yaml.\n"
GROUPS = ["editions", "papers", "benchmarks", "corpora", "kept_corpora"]
SOURCES = ["Snakefile", "config", "src", "workflow"]
"""What decides results: it has to be the same where they were saved and are restored."""

Stages = dict[str, dict[str, dict[str, str]]]


def save(edition: str, remote: str | None) -> None:
    """Note the contents of a finished edition in `dvc.lock`, keep them, send them to the remote.

    Raises:
        InputError: Snakemake has something left to do, sources are not committed, or DVC failed.
    """
    if changed := git("status", "--porcelain", "--", *SOURCES):
        raise InputError(
            "is not committed, so nobody could restore at this state",
            file=changed.splitlines()[0].split(maxsplit=1)[-1],
            hint="Commit it first",
        )
    if jobs := jobs_left(edition):
        raise InputError(
            f"{jobs} jobs are left to do",
            file=f"results/{edition}",
            hint=f"Finish the run first: make run EDITION={edition}",
        )
    call("crossmodal", "summary", "--run", f"results/{edition}/run.yaml", "--out", "ledger")
    stages = stages_of(edition)
    note(edition, stages)
    print(f"Saving edition {edition}: {len(names_of(stages))} stages", flush=True)
    call("dvc", "commit", "--force", "--no-relink", *names_of(stages))
    call("dvc", "push", *remote_words(remote), *names_of(stages))
    print("Saved. Commit what the ledger says: git add dvc.lock ledger && git commit")


def restore(edition: str, remote: str | None) -> bool:
    """Bring back a saved edition; name every file that is missing or damaged.

    Returns:
        Whether all of it was restored.

    Raises:
        InputError: The ledger does not have the edition, the sources are others than when it was
            saved, or files that were not saved would be overwritten.
    """
    stages = saved_stages(edition)
    stages.pop("kept_corpora", None)
    check_sources(edition)
    names = names_of(stages)
    print(f"Restoring edition {edition}: {len(names)} stages", flush=True)
    # What it cannot fetch or finds damaged is missing in the cache afterwards, file by file.
    run("dvc", "fetch", *remote_words(remote), *names)
    folders = outputs_of(stages)
    state = json.loads(run("dvc", "data", "status", "--granular", "--json").stdout or "{}")
    here = state.get("uncommitted", {})
    unsaved = sorted(path for path in here.get("modified", []) if inside(path, folders))
    if unsaved := [path for path in unsaved if not path.endswith("/")]:
        more = f" (and {len(unsaved) - 1} more)" if len(unsaved) > 1 else ""
        raise InputError(
            f"was not saved{more} and would be overwritten",
            file=unsaved[0],
            hint="Save or delete it, then again",
        )
    lost = sorted(path for path in state.get("not_in_cache", []) if inside(path, folders))
    lost = [path for path in lost if not path.endswith("/")] or lost
    whole = [folder for folder in folders if not any(inside(path, [folder]) for path in lost)]
    call("dvc", "checkout", *whole)
    parts = sorted(set(folders) - set(whole))
    # Written last by the job that makes a corpus: without it the corpus counts as unmade.
    withheld = {f"{folder}/contents.csv" for folder in parts if folder.startswith("data/")}
    found = [path for path in here.get("deleted", []) if inside(path, parts) and path[-1] != "/"]
    found = [path for path in found if path not in withheld | set(lost)]
    for start in range(0, len(found), MOST_WORDS):
        call("dvc", "checkout", *found[start : start + MOST_WORDS])
    touched = run(*SNAKEMAKE, "--touch", "--quiet", "all", "--config", f"edition={edition}")
    for path in lost:
        print(f"error: {path}: missing or damaged in the remote", file=sys.stderr)
    if lost:
        # A corpus is no target by itself: whoever has the results may have deleted it.
        targets = " ".join(["all", *sorted(withheld)]) + " " if withheld else ""
        again = f".venv/bin/snakemake --cores all {targets}--config edition={edition}"
        print(f"Make them again: {again}", file=sys.stderr)
    elif touched.returncode:
        raise InputError(f"Snakemake refuses: {last_line(touched)}", hint="See snakemake --touch")
    jobs = jobs_left(edition)
    print(f"Snakemake: {jobs} jobs to do" if jobs else "Snakemake: nothing to be done")
    return not lost


SNAKEMAKE = ("snakemake", "--cores", "1")
MOST_WORDS = 500
"""On one command line."""


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment and wait for its end."""
    command = [str(BIN / words[0]), *words[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def call(*words: str) -> None:
    """Run a program of this environment.

    Raises:
        InputError: It failed; its own last word says why.
    """
    if (ended := run(*words)).returncode:
        raise InputError(f"`{words[0]} {words[1]}` failed: {last_line(ended)}", hint="Mend that")


def last_line(ended: subprocess.CompletedProcess[str]) -> str:
    """Return what a program gave as the reason, in one line."""
    lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    reasons = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return " ".join(reasons or lines[-1:]) or "it gave no reason"


def git(*words: str) -> str:
    """Return what git says."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout


def check_sources(edition: str) -> None:
    """Raise InputError unless the sources are those of the commit that noted the edition."""
    saved = read_yaml(STAGES)["sources"][edition]
    if git("status", "--porcelain", "--", *SOURCES) or sources() != saved:
        found = git("log", "-1", "--format=%h", "--", "dvc.lock").strip()
        raise InputError(
            "the sources are not those that the edition was saved with",
            file=STAGES,
            field=edition,
            hint=f"Restore there and come back: git stash; git checkout {found or 'COMMIT'}; "
            f"make restore EDITION={edition}; git checkout -",
        )


def sources() -> str:
    """Return what names the committed sources: git's trees and files."""
    return " ".join(git("rev-parse", f"HEAD:{path}").strip()[:12] for path in SOURCES)


def inside(path: str, folders: list[str]) -> bool:
    """Tell whether a file is one of some outputs or lies in one."""
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def jobs_left(edition: str) -> int:
    """Ask Snakemake how many jobs an edition has left to do.

    Raises:
        InputError: It cannot plan them.
    """
    words = ["--dry-run", "--quiet", "rules", "--config", f"edition={edition}"]
    ended = run(*SNAKEMAKE, *words)
    said = ended.stdout + ended.stderr
    if "Nothing to be done" in said:
        return 0
    total = re.search(r"^total\s+(\d+)$", said, re.MULTILINE)
    if ended.returncode or total is None:
        raise InputError(
            f"Snakemake cannot plan it: {last_line(ended)}",
            file=f"edition {edition}",
            hint="See snakemake --dry-run",
        )
    return int(total[1])


def stages_of(edition: str) -> Stages:
    """Return the stages of a finished edition: group -> key -> what `dvc.yaml` puts into a stage.

    Raises:
        InputError: The settings name other folders than `dvc.yaml`.
    """
    file = Path("config/config.yaml")
    settings = load_workflow(read_yaml(file))
    for name, folder in (("data", settings.data), ("results", settings.results)):
        if folder != name:
            raise InputError(
                f"is {folder}, and the ledger keeps {name}", file=file, field=name, hint="Move it"
            )
    workspace = Workspace.of({"edition": edition})
    registry = load_registry(Path("config/corpora.yaml"))
    stages: Stages = {group: {} for group in GROUPS}
    stages["editions"][edition] = {"edition": edition}
    for paper in workspace.papers:
        stages["papers"][f"{edition}-{paper}"] = {"edition": edition, "paper": paper}
    if workspace.tasks:
        stages["benchmarks"][edition] = {"edition": edition}
    for corpus in workspace.corpora:
        source = workspace.source(corpus)
        # What others may only have from its makers stays here, and so does what is cut from it.
        is_open = source == "synthetic" or registry.corpus(corpus).access == "open"
        group = stages["corpora" if is_open and source != "own" else "kept_corpora"]
        folder = str(workspace.corpus_folder(corpus))
        computed = str(workspace.results.corpus(corpus))
        group[folder.replace("/", "-")] = {"edition": edition, "folder": folder}
        group[computed.replace("/", "-")] = {"edition": edition, "folder": computed}
    return stages


def note(edition: str, stages: Stages) -> None:
    """Write the stages of an edition into `ledger/stages.yaml`; those of others stay."""
    noted = read_yaml(STAGES)
    for group, entries in stages.items():
        others = {key: e for key, e in noted[group].items() if e["edition"] != edition}
        noted[group] = dict(sorted({**others, **entries}.items()))
    noted["sources"][edition] = sources()
    write_text(STAGES, HEAD + yaml.safe_dump(noted, sort_keys=False))


def saved_stages(edition: str) -> Stages:
    """Return the stages of an edition that `ledger/stages.yaml` notes.

    Raises:
        InputError: It has no such edition.
    """
    noted = read_yaml(STAGES)
    if edition not in noted["editions"]:
        raise InputError(
            f"the ledger has no edition {edition!r}",
            file=STAGES,
            hint=f"It has: {', '.join(noted['editions']) or 'none. Run and save one first'}",
        )
    used = load_edition(edition).corpora

    def needed(entry: dict[str, str]) -> bool:
        # Downloads serve every edition that uses them.
        parts = entry.get("folder", "").split("/")
        return entry["edition"] == edition or (parts[-1] == "download" and parts[1] in used)

    return {
        group: {key: entry for key, entry in noted[group].items() if needed(entry)}
        for group in GROUPS
    }


def names_of(stages: Stages) -> list[str]:
    """Return the names of stages as DVC knows them."""
    return [f"{group}@{key}" for group, entries in stages.items() for key in entries]


def outputs_of(stages: Stages) -> list[str]:
    """Return the files and folders that DVC keeps of some stages."""
    noted = yaml.safe_load(Path("dvc.lock").read_text(encoding="utf-8"))["stages"]
    outs = [out["path"] for name in names_of(stages) for out in noted[name]["outs"]]
    # What lies in ledger/ is git's: numbers to compare, in no cache.
    return [path for path in outs if not path.startswith("ledger/")]


def home(address: str) -> str:
    """Put the home folder for a `~` at the front of a path, which make leaves as it is."""
    return str(Path(address).expanduser()) if address.startswith("~") else address


def remote_words(remote: str | None) -> list[str]:
    """Return the words that name a remote to DVC; a folder or address is noted for this clone."""
    if remote is None:
        return []
    if not re.search(r"[/\\]", remote):
        return ["--remote", remote]
    call("dvc", "remote", "add", "--local", "--force", "given", home(remote))
    call("dvc", "remote", "modify", "--local", "given", "verify", "true")
    return ["--remote", "given"]


def main() -> None:
    """Save or restore an edition; what a user can mend is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("verb", choices=["save", "restore"])
    parser.add_argument("--edition", default="demo")
    parser.add_argument("--remote", help="a remote's name, a folder or an address (s3://...)")
    given = parser.parse_args()
    ensure_cache()
    with take_lock() or nullcontext():
        try:
            done = (save if given.verb == "save" else restore)(given.edition, given.remote)
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(1)
    sys.exit(1 if done is False else 0)


if __name__ == "__main__":
    main()
