"""What evaluates generated pictures and sounds: a classifier of true ones."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from torch import Tensor

from crossmodal.benchmark.data import TaskData
from crossmodal.benchmark.methods.base import Fitted, in_blocks
from crossmodal.metrics.classification import correct

_HIDDEN, _EPOCHS = 128, 30


@dataclass(frozen=True)
class Evaluators:
    """Classifiers of true picture vectors and true sound vectors, and how good they are.

    Attributes:
        true_accuracy: Of both on the true test items, by modality: the most that anything
            generated can be expected to reach.
    """

    picture: MLPClassifier
    sound: MLPClassifier
    true_accuracy: dict[str, float]

    @classmethod
    def of(cls, task: TaskData, seed: int) -> Evaluators:
        """Fit both on the unchanged training rows of a task."""
        train, test = task.train, task.test
        answer = train.answer[: task.originals].cpu().numpy()
        sides = {
            "picture": (train.picture_vector, test.picture_vector),
            "sound": (train.sound_vector, test.sound_vector),
        }
        found, accuracy = {}, {}
        for name, (known, unknown) in sides.items():
            # As many passes as the budget needs, whether or not the loss still falls.
            evaluator = MLPClassifier(
                (_HIDDEN,), max_iter=_EPOCHS, tol=0, n_iter_no_change=_EPOCHS, random_state=seed
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                evaluator.fit(known[: task.originals].cpu().numpy(), answer)
            found[name] = evaluator
            accuracy[name] = float(
                evaluator.score(unknown.cpu().numpy(), test.answer.cpu().numpy())
            )
        return cls(found["picture"], found["sound"], accuracy)

    def scores(self, fitted: Fitted, task: TaskData) -> dict[str, np.ndarray]:
        """Return 1 for each test item whose generated counterpart is taken for its class.

        Returns:
            `picture_from_sound` and `sound_from_picture` -> float64 [n]; only what is generated.
        """
        answer = task.test.answer.cpu().numpy()
        found = {}
        for name, make, basis, evaluator in (
            ("picture_from_sound", fitted.picture_from_sound, task.picture_basis, self.picture),
            ("sound_from_picture", fitted.sound_from_picture, task.sound_basis, self.sound),
        ):
            if make is not None:
                made = in_blocks(make, task.test)
                vectors = _vectors(made, basis.to(made.device).project)
                found[name] = correct(np.asarray(evaluator.predict(vectors.numpy())), answer)
        return found


def _vectors(made: Tensor, project: object) -> Tensor:
    """Return vectors [n, k] of what was made: vectors already, or pictures or sounds."""
    assert callable(project)
    vectors: Tensor = made if made.ndim == 2 else project(made)
    return vectors
