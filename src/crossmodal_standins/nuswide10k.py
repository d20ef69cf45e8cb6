"""Stand-in of NUS-WIDE, from which NUS-WIDE-10K is chosen: drawn pictures and drawn tags.

Beside the images with exactly one of the ten concepts there are some with two and some with none,
as in the published corpus. Nothing is chosen from those, so the codebook of `BoW_int.dat` is
learned on them, and no feature has seen a test image, whichever images the reader picks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossmodal.corpora import nuswide10k
from crossmodal.corpora.contents import write_contents
from crossmodal.features import image, text
from crossmodal.progress import progress
from crossmodal_standins.documents import Difficulty, draw_mixture, draw_picture, draw_words
from crossmodal_standins.words import WORDS, read_topics
from crossmodal_standins.writing import begin, write_jpeg, write_lines, write_table

TOPICS, BACKGROUND = read_topics("nuswide10k")
CONCEPTS81: list[str] = WORDS["concepts"].split()
DIFFICULTY = Difficulty(
    own_topic=(0.45, 0.9), stray_elements=0.2, background_words=0.35, words=(4, 14)
)
"""Tags are few, four to fourteen, and the features many, so a document is purer than an article."""
_SYLLABLES = ("ba", "cor", "del", "fen", "gal", "hol", "kin", "lor", "mar", "nor")


def synthesize(
    folder: Path, *, per_class: int, seed: int, difficulty: Difficulty = DIFFICULTY
) -> None:
    """Write the stand-in in the layout `crossmodal.corpora.nuswide10k` reads.

    `truth.csv` has a row an image: its clip and the share of each concept in its mixture.

    Args, beside those of all generators (`writing`):
        per_class: Images showing exactly one concept, for each of the ten; at least 2. A quarter
            as many show two or none.
        difficulty: Its `words` counts tags.
    """
    folder = begin(folder, per_class=(per_class, 2, np.inf))
    generator = np.random.default_rng(seed)
    shown = _plan(generator, per_class)
    clips = _names(generator, shown)
    vocabulary = tag_vocabulary()
    mixtures, tag_lists, pictures = [], [], []
    plan = list(zip(shown, clips, strict=True))
    for own, clip in progress(plan, title="drawing", unit="image"):
        mixture = draw_mixture(generator, own, len(TOPICS), difficulty)
        mixtures.append(mixture)
        drawn = draw_picture(generator, TOPICS, mixture, difficulty)
        pictures.append(write_jpeg(folder / "Flickr" / f"{clip}.jpg", drawn))
        tags = draw_words(generator, TOPICS, mixture, BACKGROUND, difficulty)
        tag_lists.append(_tags(generator, tags, vocabulary))
    fitted_on = np.array([len(own) != 1 for own in shown])
    words = image.sift_word_counts(pictures, fitted_on, nuswide10k.WORDS, seed)
    files = [*pictures, *_write_concepts(folder, shown)]
    tables = {
        nuswide10k.IMAGE_LIST: [clip.replace("/", "\\") + ".jpg" for clip in clips],
        nuswide10k.TAG_ROWS: _rows(text.tags(tag_lists, vocabulary).astype(int), "\t"),
        nuswide10k.TAG_ROWS.with_name("TagList1k.txt"): list(vocabulary),
        nuswide10k.WORD_ROWS: _rows(words, " "),
    }
    files += [write_lines(folder / name, lines) for name, lines in tables.items()]
    truth = pd.DataFrame(mixtures, columns=[topic.name for topic in TOPICS])
    truth.insert(0, "clip", clips)
    files.append(write_table(folder / "truth.csv", truth))
    write_contents(folder, files)


def tag_vocabulary() -> tuple[str, ...]:
    """Return the 1,000 tags: those of the topics, the background's, then invented place names."""
    known = dict.fromkeys(word for topic in TOPICS for word in topic.words)
    known |= dict.fromkeys(BACKGROUND)
    places = (a + b + c for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES)
    known |= dict.fromkeys(place for place in places if place not in known)
    return tuple(known)[: nuswide10k.TAGS]


def _plan(generator: np.random.Generator, per_class: int) -> list[tuple[int, ...]]:
    """Return which of the ten concepts each image shows, in a shuffled order."""
    classes = len(TOPICS)
    single = [(index,) for index in range(classes) for _ in range(per_class)]
    more = max(20, per_class * classes // 4)
    pairs = [tuple(sorted(generator.choice(classes, 2, replace=False))) for _ in range(more // 2)]
    plan: list[tuple[int, ...]] = [*single, *pairs, *[()] * (more - len(pairs))]
    return [plan[index] for index in generator.permutation(len(plan))]


def _names(generator: np.random.Generator, shown: list[tuple[int, ...]]) -> list[str]:
    """Name images as Flickr's were: folder of a search word, number within it, photo number."""
    photos = generator.permutation(len(shown)) * 7919 + 100_000_000
    folders = pd.Series([TOPICS[own[0]].name if own else "street" for own in shown])
    numbers = folders.groupby(folders).cumcount() + 1
    rows = zip(folders, numbers, photos, strict=True)
    return [f"{place}/{number:04d}_{photo}" for place, number, photo in rows]


def _tags(
    generator: np.random.Generator, words: list[str], vocabulary: tuple[str, ...]
) -> list[str]:
    """Put a rare place name in the place of one in ten of an image's background tags."""
    background = set(BACKGROUND)
    rare = generator.random(len(words)) < 0.1
    place = generator.integers(len(vocabulary) // 2, len(vocabulary), len(words))
    return [
        vocabulary[index] if seldom and word in background else word
        for word, seldom, index in zip(words, rare, place, strict=True)
    ]


def _write_concepts(folder: Path, shown: list[tuple[int, ...]]) -> list[Path]:
    """Write the concept list and one label file a concept; the other 71 are shown nowhere."""
    files = [write_lines(folder / "ConceptsList" / "Concepts81.txt", CONCEPTS81)]
    numbers = {name: index for index, name in enumerate(nuswide10k.CONCEPTS)}
    for concept in CONCEPTS81:
        labels = [str(int(numbers.get(concept, -1) in own)) for own in shown]
        path = folder / "Groundtruth" / "AllLabels" / f"Labels_{concept}.txt"
        files.append(write_lines(path, labels))
    return files


def _rows(table: NDArray[np.int64], separator: str) -> list[str]:
    """Return the lines of a text matrix; the published ones end in a separator."""
    return [separator.join(map(str, row)) + separator for row in table.tolist()]
