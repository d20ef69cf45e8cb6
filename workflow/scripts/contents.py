"""What the ledger says a folder holds, and which of it is at hand undamaged.

DVC names every content by its MD5 and a folder by the MD5 of the list of its files, `<md5>.dir`
(JSON: `md5`, `relpath`). A damaged content is found by its name and taken out of the cache.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from crossmodal.errors import InputError
from crossmodal.files import atomic_path

DVC = Path(sys.executable).with_name("dvc")


@dataclass(frozen=True)
class Entry:
    """A file of the ledger: the stage it belongs to, its path, the MD5 of its content."""

    stage: str
    path: str
    md5: str

    @property
    def cached(self) -> Path:
        """Where the cache keeps the content."""
        return cache_folder() / self.md5[:2] / self.md5[2:]


def dvc(*words: str) -> subprocess.CompletedProcess[str]:
    """Run DVC and wait for its end."""
    return subprocess.run([str(DVC), *words], capture_output=True, text=True, check=False)


def dvc_or_raise(*words: str) -> None:
    """Run DVC.

    Raises:
        InputError: It failed; its own last word says why.
    """
    ended = dvc(*words)
    if ended.returncode:
        raise InputError(f"`dvc {words[0]}` failed: {message(ended)}", hint="Mend that, then again")


def message(ended: subprocess.CompletedProcess[str]) -> str:
    """Return what DVC gave as the reason, in one line."""
    lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
    reasons = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return " ".join(reasons or lines[-1:]) or "it gave no reason"


@cache
def cache_folder() -> Path:
    """Return the folder of DVC's cache that holds contents by MD5."""
    return Path(dvc("cache", "dir").stdout.strip()) / "files" / "md5"


def outputs(stages: list[str]) -> list[tuple[str, str, str]]:
    """Return (stage, path, MD5) of every output that `dvc.lock` notes for some stages.

    Raises:
        InputError: A stage is not in `dvc.lock`.
    """
    lock = Path("dvc.lock")
    noted: dict[str, Any] = yaml.safe_load(lock.read_text()) if lock.is_file() else {"stages": {}}
    found: list[tuple[str, str, str]] = []
    for stage in stages:
        if stage not in noted["stages"]:
            raise InputError("is not in it", file=lock, field=stage, hint="Save the edition again")
        # What lies in ledger/ is git's: numbers to compare, in no cache.
        found += [
            (stage, out["path"], out["md5"])
            for out in noted["stages"][stage]["outs"]
            if not out["path"].startswith("ledger/")
        ]
    return found


def entries(stage: str, path: str, md5: str, remote: str | None) -> list[Entry]:
    """Return the files of an output; the list of a folder may have to come from the remote.

    Raises:
        InputError: That list is missing or damaged.
    """
    if not md5.endswith(".dir"):
        return [Entry(stage, path, md5)]
    kept = cache_folder() / md5[:2] / md5[2:]
    content = kept.read_bytes() if kept.is_file() else _from_remote(md5, remote)
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5.removesuffix(".dir"):
        kept.unlink(missing_ok=True)
        raise InputError(
            "the list of its files is missing or damaged in the remote",
            file=path,
            field=stage,
            hint="Push again from where it was saved",
        )
    listed = [(file["relpath"], file["md5"]) for file in json.loads(content)]
    # The names come from elsewhere: none may lead out of the folder.
    safe = [name for name, _ in listed if not PurePosixPath(name).is_absolute()]
    if any(".." in PurePosixPath(name).parts for name in safe) or len(safe) < len(listed):
        raise InputError(
            "lists a file outside of it", file=path, field=stage, hint="Do not trust this remote"
        )
    return [Entry(stage, f"{path}/{name}", digest) for name, digest in listed]


@cache
def _store(remote: str | None) -> Any:
    """Return the contents of a remote (None: the default one) as DVC reaches them."""
    from dvc.repo import Repo

    return Repo().cloud.get_remote_odb(remote)


def _from_remote(md5: str, remote: str | None) -> bytes:
    store = _store(remote)
    if not store.exists(md5):
        return b""
    content: bytes = store.fs.cat_file(store.oid_to_path(md5))
    return content


def fault(entry: Entry, remote: str | None) -> str | None:
    """Return what is wrong with a file's content, or None; if damaged, the cache loses it.

    DVC keeps no damaged content of a remote that it verifies, so that it is absent as well.
    """
    if entry.cached.is_file():
        with entry.cached.open("rb") as stream:
            found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
        if found.hexdigest() == entry.md5:
            return None
        entry.cached.unlink()
        return "damaged"
    return "damaged in the remote" if _store(remote).exists(entry.md5) else "missing in the remote"


def place(entry: Entry) -> bool:
    """Copy a content from the cache to its path, unless another content lies there."""
    path = Path(entry.path)
    if path.exists():
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == entry.md5
    with atomic_path(path) as temporary:
        shutil.copyfile(entry.cached, temporary)
    return True
