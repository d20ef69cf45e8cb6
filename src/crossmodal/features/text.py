"""Text features: topic proportions of documents, indicators of tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import LatentDirichletAllocation
from sklearn.feature_extraction.text import CountVectorizer
from threadpoolctl import threadpool_limits

from crossmodal.errors import InputError

TOKEN = r"(?u)\b[^\W\d_]{3,}\b"
"""A word: three letters or more."""

WORDS: dict[str, Any] = {
    "words": "three letters or more, English stop words left out, in two texts to half of them",
    "most": 256,
}
"""Which words `frequent_words` takes: the most frequent ones."""

SETTINGS: dict[str, Any] = {
    "words": "three letters or more, English stop words left out, in two documents or more",
    "vocabulary": 5000,
    "inference": "variational Bayes, batch",
    "iterations": 20,
}
"""How topics are learned; written beside the feature."""


def lda(
    texts: Sequence[str], train: NDArray[np.bool_], topics: int = 10, seed: int = 0
) -> NDArray[np.float32]:
    """Return each document's topic proportions under a model of the training documents.

    Args:
        train: [n], True for the documents the vocabulary and the topics are learned on.

    Returns:
        [n, topics], every row summing to 1. A document without any known word gets the prior.

    Source: Blei, Ng, Jordan, Latent Dirichlet allocation, JMLR 2003.

    Raises:
        InputError: The training documents have no word in common.
    """
    vectorizer = CountVectorizer(
        token_pattern=TOKEN, stop_words="english", min_df=2, max_features=SETTINGS["vocabulary"]
    )
    try:
        vectorizer.fit([text for text, chosen in zip(texts, train, strict=True) if chosen])
    except ValueError as error:
        raise InputError(
            f"no topics can be learned ({error})", hint="Use more or longer training texts"
        ) from error
    counts = vectorizer.transform(texts)
    model = LatentDirichletAllocation(
        topics, random_state=seed, max_iter=SETTINGS["iterations"], learning_method="batch"
    )
    with threadpool_limits(limits=1):
        model.fit(counts[np.flatnonzero(train)])
        return np.asarray(model.transform(counts), dtype=np.float32)


def frequent_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return which of the texts' frequent words each of them has; see `WORDS`.

    Returns:
        Zeros and ones, [n, words].

    Raises:
        InputError: The texts have no such words.
    """
    vectorizer = CountVectorizer(
        token_pattern=TOKEN,
        stop_words="english",
        min_df=2,
        max_df=0.5,
        max_features=WORDS["most"],
        binary=True,
    )
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError as error:
        raise InputError(
            f"no words can be learned ({error})", hint="Use more or longer training texts"
        ) from error
    return np.asarray(counts.toarray(), dtype=np.float32)


def tags(tag_lists: Iterable[Iterable[str]], vocabulary: Sequence[str]) -> NDArray[np.float32]:
    """Return which tags of a vocabulary each image carries, zeros and ones, [n, vocabulary].

    Tags outside the vocabulary are left out, as in the published table.
    """
    position = {tag: index for index, tag in enumerate(vocabulary)}
    rows = [[position[tag] for tag in given if tag in position] for given in tag_lists]
    matrix = np.zeros((len(rows), len(vocabulary)), dtype=np.float32)
    for row, columns in zip(matrix, rows, strict=True):
        row[columns] = 1
    return matrix
