"""Search: pictures by a spoken caption, or spoken captions by a picture, with a trained run.

The embeddings of a gallery are kept beside the run in an exact index of inner products, so that a
second search of the same folder embeds the query alone.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.alignment.decode import read_audio
from crossmodal.corpora.manifest import read_table
from crossmodal.errors import ClipError, InputError
from crossmodal.features.audio import caption_front_end
from crossmodal.features.image import read_image
from crossmodal.files import atomic_path, sha256_of
from crossmodal.papers.captions.files import RATE_HZ, Embedder, Kind
from crossmodal.progress import progress
from crossmodal.runs import write_csv

SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "sound": (".wav", ".flac", ".mp3", ".ogg", ".m4a", ".opus"),
    "picture": (".jpg", ".jpeg", ".png", ".bmp", ".webp"),
}
_BLOCK = 64


def kind_of(file: Path) -> Kind:
    """Tell a sound from a picture by the file's suffix.

    Raises:
        InputError: It is neither.
    """
    for kind, suffixes in SUFFIXES.items():
        if file.suffix.lower() in suffixes:
            return kind
    known = " ".join(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
    raise InputError(
        "is neither a sound nor a picture by its name", file=file, hint=f"Known: {known}"
    )


def search(
    run: Path, query: Path, gallery: Path, best: int, weights: Path | None, threads: int
) -> pd.DataFrame:
    """Return the best answers to a query.

    Args:
        gallery: Folder whose files of the other kind are searched, those below it included.
        best: How many answers, at least 1.
        weights: VGG16's weights, for a run that used them.

    Returns:
        `rank` from 1, `score` (inner product), `file`; the best first.

    Raises:
        InputError: The run is another paper's, the query cannot be read, or the gallery holds
            nothing that can be searched.
    """
    if best < 1:
        raise InputError("asks for no answers", field="--best", hint="Ask for at least 1")
    asked = kind_of(query)
    if not query.is_file():
        raise InputError("there is no such file", file=query, hint="Give an existing file")
    embedder = Embedder.open(run, weights, threads)
    try:
        vector = embedder.embed([query], asked)
    except ClipError as error:
        raise InputError(error.reason, file=query, hint="Give another recording") from error
    index, files = gallery_index(embedder, run, gallery, _other(asked))
    scores, places = index.search(vector, min(best, len(files)))
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(places[0]) + 1),
            "score": scores[0],
            "file": [files[place] for place in places[0].tolist()],
        }
    )


def print_answers(
    run: Path, query: Path, gallery: Path, best: int, weights: Path | None, threads: int
) -> None:
    """Search and print a line an answer: rank, score, file. Arguments as of `search`."""
    for rank, score, file in search(run, query, gallery, best, weights, threads).itertuples(
        index=False
    ):
        print(f"{rank:3d}  {score:8.4f}  {file}")


def gallery_index(
    embedder: Embedder, run: Path, gallery: Path, kind: Kind
) -> tuple[Any, list[str]]:
    """Return the index of a folder and its files, embedding them unless that was done before.

    The index lies in `<run>/search/`, stamped with the checkpoint and with name, size and time of
    every file; with any other it is made anew.

    Args:
        kind: What is looked for in it.

    Raises:
        InputError: There is no such folder, or nothing in it can be used.
    """
    listed = _listed(gallery, kind)
    place = hashlib.sha256(f"{kind} {gallery.resolve()}".encode()).hexdigest()[:16]
    stem = run / "search" / place
    stamp = hashlib.sha256(
        f"{sha256_of(run / 'checkpoint.pt')}\n{listed.to_csv(index=False)}".encode()
    ).hexdigest()
    index_file, table_file = stem.with_suffix(".faiss"), stem.with_suffix(".csv")
    if table_file.is_file() and index_file.is_file():
        table = read_table(table_file, hint="Delete it and search again")
        if list(table.columns) == ["file", stamp]:
            return faiss.read_index(str(index_file)), table["file"].tolist()
    files, vectors = _embedded(embedder, gallery, listed["file"].tolist(), kind)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    # The table names the state that its index belongs to: without it a half-made pair is no pair.
    table_file.unlink(missing_ok=True)
    with atomic_path(index_file) as temporary:
        faiss.write_index(index, str(temporary))
    write_csv(table_file, pd.DataFrame({"file": files, stamp: ""}))
    return index, files


def _listed(gallery: Path, kind: Kind) -> pd.DataFrame:
    """List a folder's files of a kind, sorted: `file` below it, `bytes`, `changed_ns`."""
    if not gallery.is_dir():
        raise InputError("there is no such folder", file=gallery, hint="Give an existing folder")
    rows = []
    for path in sorted(gallery.rglob("*")):
        if path.suffix.lower() in SUFFIXES[kind] and path.is_file():
            state = path.stat()
            name = path.relative_to(gallery).as_posix()
            rows.append({"file": name, "bytes": state.st_size, "changed_ns": state.st_mtime_ns})
    if not rows:
        raise InputError(
            f"holds no {kind}s", file=gallery, hint=f"Known: {' '.join(SUFFIXES[kind])}"
        )
    return pd.DataFrame(rows)


def _embedded(
    embedder: Embedder, gallery: Path, names: list[str], kind: Kind
) -> tuple[list[str], NDArray[np.float32]]:
    """Embed files and leave out, with a line each, those that cannot be read."""
    kept: list[str] = []
    parts: list[NDArray[np.float32]] = []
    # Pictures go together through the network that describes them, sounds by themselves.
    size = _BLOCK if kind == "picture" else 1
    with progress(total=len(names), title="embedding the gallery", unit="file") as bar:
        for start in range(0, len(names), size):
            block = names[start : start + size]
            try:
                vectors = embedder.embed([gallery / name for name in block], kind)
            except (ClipError, InputError):
                block = [name for name in block if _readable(gallery / name, kind)]
                if block:
                    parts.append(embedder.embed([gallery / name for name in block], kind))
            else:
                parts.append(vectors)
            kept += block
            bar.update(size)
    if not kept:
        raise InputError(
            f"none of its {kind}s can be read", file=gallery, hint="Give files that can be read"
        )
    return kept, np.concatenate(parts)


def _readable(file: Path, kind: Kind) -> bool:
    """Try to read a file; say on the screen why not."""
    try:
        if kind == "picture":
            read_image(file)
        else:
            caption_front_end(read_audio(file, RATE_HZ)[0])
    except (ClipError, InputError) as error:
        print(f"left out: {file}: {error}", file=sys.stderr)
        return False
    return True


def _other(kind: Kind) -> Kind:
    return "picture" if kind == "sound" else "sound"
