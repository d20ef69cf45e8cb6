"""Stand-in of the Wikipedia corpus: drawn pictures and generated articles in its own layout.

Differences from the published corpus: the words are drawn one by one, so the sentences mean
nothing; the pictures are drawings of 120 to 160 px; a document's mixture of topics is known.
"""

from __future__ import annotations

import hashlib
import html
import io
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.io
from numpy.typing import NDArray

from crossmodal.corpora import wikipedia
from crossmodal.corpora.contents import write_contents
from crossmodal.features import image, text
from crossmodal.files import atomic_path, write_text
from crossmodal.progress import progress
from crossmodal_standins.documents import Difficulty, draw_mixture, draw_picture, draw_words
from crossmodal_standins.words import read_topics
from crossmodal_standins.writing import begin, write_jpeg, write_lines, write_table

CATEGORY_SIZES = (172, 360, 340, 333, 267, 236, 237, 185, 285, 451)
"""Documents of each category in the published corpus; the stand-in keeps the proportions."""

TOPICS, BACKGROUND = read_topics("wikipedia")
_NAMES = [topic.name for topic in TOPICS]
_JOINERS = ("of the", "and", "in the", "with a", "for the", "by", "from the", "to a", "", "")


def synthesize(
    folder: Path, *, train: int, test: int, seed: int, difficulty: Difficulty | None = None
) -> None:
    """Write the stand-in: media, lists, `raw_features.mat`, `truth.csv`, last `contents.csv`.

    `truth.csv` has a row a document: its clip and the share of each topic in its mixture. The
    features are made by `crossmodal.features` as for real media, fitted on the training documents.

    Args, beside those of all generators (`writing`):
        train: Training documents, at least 20.
        test: Test documents, at least 10.
    """
    folder = begin(folder, train=(train, 20, np.inf), test=(test, 10, np.inf))
    difficulty = difficulty or Difficulty()
    generator = np.random.default_rng(seed)
    documents = _documents(generator, train, test, seed)
    columns = (documents["text_id"], documents["image_id"], documents["topic"] + 1)
    rows = pd.Series(["\t".join(map(str, row)) for row in zip(*columns, strict=True)])
    files = []
    for split, name in wikipedia.LISTS.items():
        files.append(write_lines(folder / name, rows[documents["split"] == split]))
    files.append(write_lines(folder / "categories.list", _NAMES))
    mixtures = []
    for document in progress(list(documents.itertuples()), title="drawing", unit="document"):
        mixture = draw_mixture(generator, [document.topic], len(TOPICS), difficulty)
        mixtures.append(mixture)
        picture = folder / "images" / _NAMES[document.topic] / f"{document.image_id}.jpg"
        drawn = draw_picture(generator, TOPICS, mixture, difficulty)
        article = folder / "texts" / f"{document.text_id}.xml"
        words = draw_words(generator, TOPICS, mixture, BACKGROUND, difficulty)
        write_text(article, _article(generator, document.image_id, words))
        files += [write_jpeg(picture, drawn), article]
    truth = pd.DataFrame(mixtures, columns=_NAMES)
    truth.insert(0, "clip", documents["text_id"])
    files.append(write_table(folder / "truth.csv", truth))
    files.append(_write_features(folder, seed))
    write_contents(folder, files)


def _documents(generator: np.random.Generator, train: int, test: int, seed: int) -> pd.DataFrame:
    """Plan the documents: ids, topic, split; an article has one to three illustrated sections."""
    topic = np.concatenate([_shares(train), _shares(test)])
    split = np.repeat(["train", "test"], [train, test])
    order = np.concatenate([generator.permutation(train), train + generator.permutation(test)])
    rows, number = [], np.arange(len(topic))
    for index, name in enumerate(_NAMES):
        left = generator.permutation(number[topic == index])
        article = 0
        while len(left):
            sections, left = np.split(left, [min(len(left), int(generator.integers(1, 4)))])
            source = _digest(f"{seed} {name} {article}")
            rows += [(row, f"{source}-{place + 1}") for place, row in enumerate(sections)]
            article += 1
    frame = pd.DataFrame(rows, columns=["row", "text_id"]).set_index("row").sort_index()
    frame["image_id"] = [_digest(f"image {name}") for name in frame["text_id"]]
    frame["topic"], frame["split"] = topic, split
    return frame.iloc[order].reset_index(drop=True)


def _shares(count: int) -> NDArray[np.int64]:
    """Return topics in the published proportions, one of each at the least, [count]."""
    sizes = np.array(CATEGORY_SIZES) / sum(CATEGORY_SIZES) * (count - len(_NAMES))
    whole = 1 + sizes.astype(int)
    whole[np.argsort(-(sizes % 1), kind="stable")[: count - whole.sum()]] += 1
    return np.repeat(np.arange(len(_NAMES)), whole)


def _digest(text_: str) -> str:
    return hashlib.md5(text_.encode(), usedforsecurity=False).hexdigest()


def _article(generator: np.random.Generator, image_id: str, words: list[str]) -> str:
    """Return an article as the archive's XML: sentences of six to fourteen words."""
    sentences = []
    while words:
        length = int(generator.integers(6, 15))
        head, words = words[:length], words[length:]
        joiners = ["", *generator.choice(_JOINERS, len(head) - 1).tolist()]
        joined = " ".join(f"{joiner} {word}" for joiner, word in zip(joiners, head, strict=True))
        sentences.append(" ".join(joined.split()).capitalize() + ".")
    body = html.escape(" ".join(sentences))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<document name="{html.escape(sentences[0][:-1])}">\n'
        f'<imageset>\n<image id="{image_id}"/>\n</imageset>\n'
        f"<text>\n{body}\n</text>\n</document>\n"
    )


def _write_features(folder: Path, seed: int) -> Path:
    """Compute `raw_features.mat` from the written media."""
    manifest = wikipedia.read(folder)
    train = (manifest["split"] == "train").to_numpy(dtype=bool)
    pictures = [folder / name for name in manifest["image"]]
    texts = [wikipedia.read_text(folder / name) for name in manifest["text"]]
    words = image.sift_bag_of_words(pictures, train, 128, seed).astype(np.float64)
    topics = text.lda(texts, train, 10, seed).astype(np.float64)
    path = folder / "raw_features.mat"
    data = io.BytesIO()
    pairs = {"I_tr": words[train], "I_te": words[~train]}
    pairs |= {"T_tr": topics[train], "T_te": topics[~train]}
    scipy.io.savemat(data, pairs, do_compression=True)
    # the first 116 bytes are free text, where scipy writes today's date
    header = b"MATLAB 5.0 MAT-file, synthetic stand-in".ljust(116)
    with atomic_path(path) as temporary:
        temporary.write_bytes(header + data.getvalue()[len(header) :])
    return path
