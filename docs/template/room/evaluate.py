"""Evaluation: how well an image finds texts of its class, and the reverse."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from crossmodal.papers.mypaper.data import load_pairs
from crossmodal.papers.mypaper.model import load
from sklearn.metrics import average_precision_score

from crossmodal.jobs import EvaluationJob
from crossmodal.runs import load_checkpoint
from crossmodal.scores import Scored


def evaluate(job: EvaluationJob) -> Iterator[Scored]:
    """Yield the average precision of every test query of every run."""
    test = load_pairs(job.corpus_results, "test")
    label = np.array(test.label)
    relevant = label[:, None] == label[None, :]
    for run in job.runs:
        network = load(load_checkpoint(job.paper.run(run) / "checkpoint.pt"))
        with torch.inference_mode():
            image, text = network(test.image, test.text)
        similarity = (image @ text.T).numpy()
        ways = {"image_to_text": similarity, "text_to_image": similarity.T}
        scores = {
            f"{task}|test|map": np.array(
                [average_precision_score(*query) for query in zip(relevant, found, strict=True)]
            )
            for task, found in ways.items()
        }
        yield Scored(run, scores, {f"{task}|test": test.clips for task in ways})
