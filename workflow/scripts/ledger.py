"""The ledger: keep a finished edition by its contents, and get it back without computing it.

    python workflow/scripts/ledger.py save --edition demo       into DVC's cache and the remote
    python workflow/scripts/ledger.py restore --edition demo    from the remote into a clone

DVC moves and checks contents; Snakemake alone decides what has to be computed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import contents
import provenance
import yaml
from run_once import take_lock

from crossmodal.config import load_edition, load_workflow, read_yaml
from crossmodal.corpora.registry import load_registry
from crossmodal.errors import InputError
from crossmodal.files import write_text
from crossmodal.reporting.summary import write_summary

STAGES = Path("ledger/stages.yaml")
HEAD = "# What the ledger holds. Written by `make save`, read by dvc.yaml.\n"
GROUPS = {
    "papers": "paper",
    "benchmarks": "benchmark",
    "corpora": "corpus",
    "kept_corpora": "kept_corpus",
}
# Older than any file of the repository, so that Snakemake compares the contents of those with what
# it recorded; and the same for all, so that none counts as newer than what was made from it.
RESTORED_S = 946_684_800  # 2000-01-01


def save(edition: str, remote: str | None) -> None:
    """Note the contents of a finished edition in `dvc.lock`, keep them, send them to the remote.

    Raises:
        InputError: Snakemake has something left to do, or DVC failed.
    """
    jobs = jobs_left(edition)
    if jobs:
        raise InputError(
            f"{jobs} jobs are left to do",
            file=f"results/{edition}",
            hint=f"Finish the run first: make run EDITION={edition}",
        )
    groups = stages_of(edition)
    for entry in groups["papers"].values():
        paper = entry["paper"]
        write_summary(
            Path(f"results/{edition}/{paper}"),
            Path(f"ledger/metrics/{edition}/{paper}.json"),
            Path(f"ledger/plots/{edition}/{paper}.csv"),
        )
    corpora = [*groups["corpora"].values(), *groups["kept_corpora"].values()]
    data = [entry["folder"] for entry in corpora if entry["folder"].startswith("data/")]
    provenance.pack([f"results/{edition}", *data], Path(f"results/{edition}/provenance.jsonl"))
    note_stages(edition, groups)
    names = stage_names(edition, groups)
    print(f"Saving edition {edition}: {len(names)} stages", flush=True)
    contents.dvc_or_raise("commit", "--force", "--no-relink", *names)
    contents.dvc_or_raise("push", *remote_words(remote_name(remote)), *names)
    print("Saved. Commit what the ledger says: git add dvc.lock ledger && git commit")


def restore(edition: str, remote: str | None) -> bool:
    """Bring back a saved edition; name every file that is missing or damaged.

    Returns:
        Whether all of it was restored.

    Raises:
        InputError: The ledger does not have the edition, Snakemake's records of it are lost, or
            files that were not saved would be overwritten.
    """
    groups = saved_stages(edition)
    groups["kept_corpora"] = {}
    names = stage_names(edition, groups)
    print(f"Restoring edition {edition}: {len(names)} stages", flush=True)
    source = remote_name(remote)
    fetched = contents.dvc("fetch", *remote_words(source), *names)
    records_file = f"results/{edition}/provenance.jsonl"
    found: list[contents.Entry] = []
    lost: list[tuple[contents.Entry, str]] = []
    wholly: dict[str, list[contents.Entry]] = {}
    partly: dict[str, list[contents.Entry]] = {}
    for stage, path, md5 in contents.outputs(names):
        listed = contents.entries(stage, path, md5, source)
        faults = {entry: fault for entry in listed if (fault := contents.fault(entry, source))}
        if records_file == path and faults:
            raise InputError(
                f"Snakemake's records are {faults[listed[0]]}"
                + (f" ({contents.message(fetched)})" if fetched.returncode else ""),
                file=path,
                field=stage,
                hint="Nothing was restored. Push again from where it was saved",
            )
        lost += faults.items()
        intact = [entry for entry in listed if entry not in faults]
        if path.startswith("data/") and faults:
            # Written last by the job that makes a corpus: without it the corpus counts as unmade.
            intact = [entry for entry in intact if entry.path != f"{path}/contents.csv"]
        found += intact
        (partly if faults else wholly)[path] = intact
    check_out(wholly)
    for intact in partly.values():
        place(intact)
    for entry in found:
        os.utime(entry.path, (RESTORED_S, RESTORED_S))
    provenance.unpack(provenance.read(Path(records_file)), {entry.path for entry in found})
    report(edition, len(found), lost)
    return not lost


def check_out(paths: Collection[str]) -> None:
    """Let DVC check out whole outputs.

    Raises:
        InputError: Files lie there that were not saved.
    """
    ended = contents.dvc("checkout", *paths)
    here = f"{Path.cwd()}/"
    unsaved = [line for line in ended.stderr.splitlines() if line.startswith(here)]
    if unsaved:
        more = f" (and {len(unsaved) - 1} more)" if len(unsaved) > 1 else ""
        raise InputError(
            f"was not saved{more} and would be overwritten",
            file=unsaved[0].removeprefix(here),
            hint="Save or delete it, then again",
        )
    if ended.returncode:
        raise InputError(f"`dvc checkout` failed: {contents.message(ended)}", hint="Mend that")


def place(intact: list[contents.Entry]) -> None:
    """Place the intact files of an output of which others are lost; DVC would place none.

    Raises:
        InputError: A file lies there that was not saved.
    """
    for entry in intact:
        if not contents.place(entry):
            raise InputError(
                "another content lies here", file=entry.path, hint="Save or delete it, then again"
            )


def report(edition: str, restored: int, lost: list[tuple[contents.Entry, str]]) -> None:
    """Say what came back, what did not and how to make it again, and what Snakemake would do."""
    print(f"Restored: {restored} files")
    for entry, fault in lost:
        print(f"error: {entry.path}: {fault} (stage {entry.stage})", file=sys.stderr)
    if lost:
        files = {corpus_index(entry.path) or entry.path for entry, _ in lost}
        command = f"snakemake --cores all {' '.join(sorted(files))} --config edition={edition}"
        print(f"Make them again: .venv/bin/{command}", file=sys.stderr)
    jobs = jobs_left(edition)
    print(f"Snakemake: {jobs} jobs to do" if jobs else "Snakemake: nothing to be done")


def corpus_index(path: str) -> str | None:
    """Return the file that a corpus is asked for by, for a file below `data/`."""
    parts = path.split("/")
    return "/".join([*parts[:3], "contents.csv"]) if parts[0] == "data" else None


def jobs_left(edition: str) -> int:
    """Ask Snakemake how many jobs an edition has left to do.

    Raises:
        InputError: It cannot plan them.
    """
    snakemake = str(Path(sys.executable).with_name("snakemake"))
    words = ["--dry-run", "--quiet", "rules", "--config", f"edition={edition}"]
    ended = subprocess.run([snakemake, *words], capture_output=True, text=True, check=False)
    said = ended.stdout + ended.stderr
    if "Nothing to be done" in said:
        return 0
    total = re.search(r"^total\s+(\d+)$", said, re.MULTILINE)
    if ended.returncode or total is None:
        last = (said.strip().splitlines() or ["it said nothing"])[-1]
        raise InputError(
            f"Snakemake cannot plan it: {last.removeprefix('error: ')}",
            file=f"edition {edition}",
            hint="See `snakemake --dry-run`",
        )
    return int(total[1])


def stages_of(edition: str) -> dict[str, dict[str, dict[str, str]]]:
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
    registry = load_registry(Path("config/corpora.yaml"))
    results = f"results/{edition}"
    groups: dict[str, dict[str, dict[str, str]]] = {name: {} for name in GROUPS}
    for paper in settings.papers:
        groups["papers"][f"{edition}-{paper}"] = {"edition": edition, "paper": paper}
    if Path(f"{results}/benchmark/metrics.csv").is_file():
        groups["benchmarks"][edition] = {"edition": edition}
    for corpus, choice in load_edition(edition).corpora.items():
        source = f"synthetic-{edition}" if choice.source == "synthetic" else choice.source
        # What others may only have from its makers stays here, and so does what is cut from it.
        open_to_all = choice.source == "synthetic" or (
            choice.source == "download" and registry.corpus(corpus).access == "open"
        )
        group = groups["corpora" if open_to_all else "kept_corpora"]
        for key, folder, index in (
            (f"{corpus}-{source}", f"data/{corpus}/{source}", "contents.csv"),
            (f"{edition}-{corpus}", f"{results}/corpora/{corpus}", "manifest.csv"),
        ):
            file = Path(folder) / index
            if file.is_file():
                group[key] = {"edition": edition, "folder": folder, "file": file.as_posix()}
    return groups


def note_stages(edition: str, groups: dict[str, dict[str, dict[str, str]]]) -> None:
    """Write the stages of an edition into `ledger/stages.yaml`; those of others stay."""
    noted = read_yaml(STAGES)
    noted["editions"] = sorted({*noted["editions"], edition})
    for name in GROUPS:
        others = {key: e for key, e in noted[name].items() if e["edition"] != edition}
        noted[name] = dict(sorted({**others, **groups[name]}.items()))
    write_text(STAGES, HEAD + yaml.safe_dump(noted, sort_keys=False))


def saved_stages(edition: str) -> dict[str, dict[str, dict[str, str]]]:
    """Return the stages of an edition that `ledger/stages.yaml` notes.

    Raises:
        InputError: It has no such edition.
    """
    noted: dict[str, Any] = read_yaml(STAGES)
    if edition not in noted["editions"]:
        raise InputError(
            f"the ledger has no edition {edition!r}",
            file=STAGES,
            hint=f"It has: {', '.join(noted['editions']) or 'none. Run and save one first'}",
        )
    return {
        name: {key: entry for key, entry in noted[name].items() if needed_by(entry, edition)}
        for name in GROUPS
    }


def needed_by(entry: dict[str, str], edition: str) -> bool:
    """Tell whether a stage is one of an edition; downloads serve every edition that uses them."""
    parts = entry.get("folder", "").split("/")
    shared = parts[0] == "data" and not parts[-1].startswith("synthetic-")
    return entry["edition"] == edition or (shared and parts[1] in load_edition(edition).corpora)


def stage_names(edition: str, groups: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    """Return the names of stages as DVC knows them, that of the edition first."""
    parts = [f"{GROUPS[name]}@{key}" for name, keys in groups.items() for key in keys]
    return [f"edition@{edition}", *parts]


def remote_name(remote: str | None) -> str | None:
    """Return the name of a remote; a folder or address is noted in `.dvc/config.local`."""
    if remote is None or not re.search(r"[/\\]", remote):
        return remote
    contents.dvc_or_raise("remote", "add", "--local", "--force", "given", remote)
    contents.dvc_or_raise("remote", "modify", "--local", "given", "verify", "true")
    return "given"


def remote_words(name: str | None) -> list[str]:
    """Return the words that name a remote to DVC."""
    return [] if name is None else ["--remote", name]


def main() -> None:
    """Save or restore an edition; what a user can mend is one line and exit code 1."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    verbs: dict[str, Callable[[str, str | None], bool | None]] = {"save": save, "restore": restore}
    parser.add_argument("verb", choices=verbs)
    parser.add_argument("--edition", default="demo")
    parser.add_argument("--remote", help="a remote's name, a folder or an address (s3://...)")
    arguments = parser.parse_args()
    with take_lock():
        try:
            complete = verbs[arguments.verb](arguments.edition, arguments.remote)
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(1)
    sys.exit(1 if complete is False else 0)


if __name__ == "__main__":
    main()
