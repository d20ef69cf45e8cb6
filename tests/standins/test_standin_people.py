"""Invented people: face and voice go together as stated, faces can be found and told apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from crossmodal.alignment.faces import detector
from crossmodal_standins.heads import Look, Place, draw_bust, face_box
from crossmodal_standins.people import COUPLING, Person, draw_person


def crowd(count: int, seed: int, register: str = "low") -> list[Person]:
    generator = np.random.default_rng(seed)
    return [draw_person(generator, register=register) for _ in range(count)]


def portrait(person: Person, look: Look, side: int = 128, unit: float = 0.3) -> NDArray[np.uint8]:
    picture = np.full((side, side, 3), (140, 160, 175), dtype=np.uint8)
    draw_bust(picture, person.face, look, Place(0.5 * side, 0.46 * side, unit * side))
    return picture


def test_seen_and_heard_correlate_as_stated() -> None:
    people = crowd(1500, seed=1)
    length = np.array([person.face.length for person in people])
    pitch = np.log2([person.voice.pitch_hz for person in people])
    assert np.corrcoef(length, pitch)[0, 1] == pytest.approx(-COUPLING, abs=0.05)
    cheeks = np.array([person.face.cheeks for person in people])
    brightness = np.array([person.voice.brightness_db for person in people])
    assert np.corrcoef(cheeks, brightness)[0, 1] == pytest.approx(-COUPLING, abs=0.05)
    gap = np.array([person.face.eye_gap for person in people])
    assert abs(np.corrcoef(gap, pitch)[0, 1]) < 0.08


def test_unseen_people_can_be_matched_but_not_always() -> None:
    """With a linear guess of the voice from the face, fitted on other people of one register."""

    def both(people: list[Person]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        faces = [(p.face.length, p.face.cheeks, p.face.wrinkles, p.face.brow) for p in people]
        voices = [
            (np.log2(p.voice.pitch_hz), p.voice.brightness_db, p.voice.words_per_minute)
            for p in people
        ]
        return np.array(faces), np.array(voices)

    faces, voices = both(crowd(800, seed=2))
    scale = voices.std(axis=0)
    with_one = np.column_stack([faces, np.ones(len(faces))])
    weights, *_ = np.linalg.lstsq(with_one, voices / scale, rcond=None)
    faces, voices = both(crowd(400, seed=3))
    guessed = np.column_stack([faces, np.ones(len(faces))]) @ weights
    own = np.linalg.norm(guessed - voices / scale, axis=1)
    other = np.linalg.norm(guessed - np.roll(voices, 1, axis=0) / scale, axis=1)
    assert 0.75 < (own < other).mean() < 0.95


def test_the_cascade_finds_the_faces() -> None:
    generator = np.random.default_rng(5)
    find = detector()
    found = 0
    for _ in range(80):
        person = draw_person(generator)
        look = Look(
            yaw_deg=generator.uniform(-14, 14),
            pitch_deg=generator.uniform(-4, 6),
            mouth=max(0.0, generator.uniform(-0.6, 1)),
            smile=generator.uniform(-0.6, 1),
            light=generator.uniform(-1, 1),
        )
        found += len(find(portrait(person, look)).boxes) == 1
    assert found >= 0.95 * 80


def test_only_the_mouth_moves_when_it_opens() -> None:
    person = crowd(1, seed=6)[0]
    shut, wide = (portrait(person, Look(mouth=mouth)) for mouth in (0.0, 1.0))
    rows, columns = np.nonzero((shut != wide).any(axis=2))
    x, y, width, height = face_box(person.face, Place(64, 0.46 * 128, 0.3 * 128))
    assert len(rows) > 50
    assert y + 0.55 * height < rows.min() < rows.max() < y + 1.05 * height
    assert x + 0.2 * width < columns.min() < columns.max() < x + 0.8 * width


def test_people_differ_more_than_their_looks() -> None:
    people = crowd(12, seed=7)
    still = np.stack([portrait(person, Look()) for person in people]).astype(float)
    moved = np.stack(
        [portrait(person, Look(yaw_deg=8, mouth=0.6, smile=0.8)) for person in people]
    ).astype(float)
    distance = np.sqrt(((still[:, None] - moved[None]) ** 2).mean(axis=(2, 3, 4)))
    assert (distance.argmin(axis=1) == np.arange(12)).all()
    assert not (distance == 0).any()
