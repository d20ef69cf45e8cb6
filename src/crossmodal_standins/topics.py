"""The ten topics of each stand-in, and what makes a document of them hard to tell.

A topic has a visual vocabulary (glyphs, palette, ground) and a word list. Some words stand in two
lists, as in real documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crossmodal.errors import InputError


@dataclass(frozen=True)
class Difficulty:
    """How hard the documents are; labels are never wrong.

    The values were set by hand with two rulers, a linear classifier of each feature and regularised
    linear CCA (test against test), so that both come out near those of the real Wikipedia features.
    No hashing method was run on the stand-ins while they were set.

    Attributes:
        own_topic: Least and most share of a document's mixture that is its label's topic; the
            rest is spread over the other topics.
        stray_elements: Share of a picture's elements from any topic, whatever the mixture.
        stray_words: The same for words.
        background_words: Share of words that belong to no topic.
        elements: Fewest elements in a picture, and one more than the most.
        words: Fewest words in a document, and one more than the most.
        light: Largest change of exposure, and from one edge to the other, of 1.
        blur_px: Largest standard deviation of the blur.
        noise: Largest standard deviation of the sensor noise, in grey levels of 255.
    """

    own_topic: tuple[float, float] = (0.3, 0.75)
    stray_elements: float = 0.35
    stray_words: float = 0.2
    background_words: float = 0.55
    elements: tuple[int, int] = (5, 10)
    words: tuple[int, int] = (40, 120)
    light: float = 0.25
    blur_px: float = 1.2
    noise: float = 12.0

    def __post_init__(self) -> None:
        """Refuse numbers that are no shares or no ranges."""
        for field in ("stray_elements", "stray_words", "background_words"):
            if not 0 <= getattr(self, field) <= 1:
                raise InputError("a share lies between 0 and 1", field=field)
        if not 0 <= self.own_topic[0] <= self.own_topic[1] <= 1:
            raise InputError("least and most share, from 0 to 1", field="own_topic")
        for field in ("elements", "words"):
            fewest, beyond = getattr(self, field)
            if not 1 <= fewest < beyond:
                raise InputError("fewest from 1, then one more than the most", field=field)


@dataclass(frozen=True)
class Topic:
    """A topic: its name, what it looks like, which words it uses (the first most often)."""

    name: str
    glyphs: tuple[str, ...]
    palette: dict[str, str]
    ground: tuple[str, str]
    texture: str
    words: tuple[str, ...]


def draw_mixture(
    generator: np.random.Generator, own: Sequence[int], topics: int, difficulty: Difficulty
) -> NDArray[np.float64]:
    """Draw the share of each topic in a document, [topics], summing to 1.

    Args:
        generator: Every choice comes from it.
        own: The topics of the document's labels, which share its own part equally.
        topics: Number of topics.
        difficulty: Gives the size of the own part.
    """
    share = generator.uniform(*difficulty.own_topic) if len(own) else 0.0
    mixture = (1 - share) * generator.dirichlet(np.full(topics, 0.3))
    mixture[list(own)] += share / max(len(own), 1)
    return np.asarray(mixture / mixture.sum())


def draw_words(
    generator: np.random.Generator,
    topics: Sequence[Topic],
    mixture: NDArray[np.float64],
    background: Sequence[str],
    difficulty: Difficulty,
    count: int,
) -> list[str]:
    """Draw a document's words: from its mixture, from anywhere, and from the background."""
    shares = (1 - difficulty.stray_words) * mixture + difficulty.stray_words / len(topics)
    chosen = generator.choice(len(topics), size=count, p=shares)
    common = generator.random(count) < difficulty.background_words
    sources = [
        background if plain else topics[index].words
        for plain, index in zip(common, chosen, strict=True)
    ]
    return [source[generator.choice(len(source), p=_falling(len(source)))] for source in sources]


def _falling(count: int) -> NDArray[np.float64]:
    """Return chances that fall with rank, as word frequencies do."""
    weights = 1 / (np.arange(count) + 4.0)
    return np.asarray(weights / weights.sum())


def word_list(text: str) -> tuple[str, ...]:
    """Split a text into its words."""
    return tuple(text.split())


def _topic(name: str, glyphs: str, palette: str, ground: str, texture: str, words: str) -> Topic:
    a, b, c = palette.split()
    sky, floor = ground.split()
    colours = {"a": a, "b": b, "c": c, "k": "26242b", "w": "f4f0e6"}
    return Topic(name, word_list(glyphs), colours, (sky, floor), texture, word_list(words))


WIKIPEDIA = (
    _topic("art", "painting strokes vase", "b5532c 2f6f8f e0b040", "efe3cf d2bfa2", "stripes",
           """painting artist gallery canvas museum portrait colour sculpture style exhibition
           brush landscape painter fresco drawing studio collection marble sketch palette
           impressionism patron masterpiece figure composition"""),
    _topic("biology", "leaf cell butterfly", "4f8f3f 2d5a3a e8b84a", "e4efd4 a9c68f", "dots",
           """species cell plant animal genus habitat leaf bird protein organism breeding forest
           insect population gene larva feeding wing tissue evolution predator seed membrane fungus
           colour"""),
    _topic("geography", "mountain globe contours", "7a8f5a 5b7fa6 c9a66b", "bcd6e6 c8b68c", "hills",
           """river mountain valley climate region coast lake population island border temperature
           plateau forest district harbour rainfall glacier highway elevation basin volcano map
           peninsula canal summit"""),
    _topic("history", "column castle scroll", "a08a6a 7a6248 8c3b2f", "e6d8b8 bfa77c", "bricks",
           """empire century treaty war dynasty ancient revolt king reign colony parliament republic
           settlement archive conquest medieval kingdom trade citizen law emperor migration charter
           fortress excavation"""),
    _topic("literature", "book quill page", "7a2f3a 3a4f7a c8a45a", "efe8da c9b99a", "stripes",
           """novel poem author character story publisher chapter poet narrator plot verse edition
           style critic fiction prose play manuscript letter translation theme reader romance
           library tragedy"""),
    _topic("media", "television mast film", "3f6fb5 d9822b 6a4fa0", "cfd8e6 8fa0bf", "stripes",
           """film television episode channel broadcast series actor scene audience radio network
           director camera screen season production viewer newspaper interview release rating
           producer character comedy award"""),
    _topic("music", "note staff guitar", "6b2f7a c2703d 2f8a8a", "ecdfee b79fc4", "billows",
           """album song band guitar concert tour melody singer chart record orchestra studio
           release lyrics piano symphony rhythm opera composition award drum tempo chorus audience
           violin"""),
    _topic("royalty", "crown shield sceptre", "d4a92a 8a1f3d 2f3f8a", "e6d3dc a8718a", "dots",
           """king queen prince throne duke marriage reign crown coronation palace heir court royal
           princess dynasty lord castle succession nobility kingdom ceremony portrait daughter
           baron regent"""),
    _topic("sport", "ball net trophy", "d8432f 2f7fc2 e8c83a", "cfe6c4 6fa85a", "stripes",
           """team match season league goal player coach score championship stadium club race
           tournament game record win striker defeat cup medal training referee fan
           innings award"""),
    _topic("warfare", "tank warship swords", "6a7050 4a5560 a84a32", "c8c4b4 8a8672", "billows",
           """battle army division attack war ship artillery troops commander regiment tank fleet
           infantry enemy casualties offensive brigade navy fortress retreat cannon officer
           squadron siege harbour"""),
)  # fmt: skip
"""The categories of the Wikipedia corpus, in its order."""

WIKIPEDIA_BACKGROUND = word_list(
    """year time first new part known called later early large several world second number group
    name long major place work day small end example member line area state early history half
    north south city country public great old high side term common form important local main
    power national report change support point order modern general service child water light head
    house night open close past turn hand road week month"""
)

NUSWIDE = (
    _topic("animal", "cat fish dog", "c98a4b 7a5230 e6d0a8", "d8e0c4 a8b488", "dots",
           """animal dog cat bird zoo wildlife cute pet fish horse fur macro wild kitten puppy
           elephant insect eyes feather tail paw nature wings tiger"""),
    _topic("clouds", "cumulus streaks storm", "c4ccd6 8a97a8 5f6f84", "8fb4dc d2e0ec", "billows",
           """clouds cloud storm weather rain sky cloudy cumulus dramatic grey stormy horizon light
           thunder mist overcast fog landscape hdr sunset wind"""),
    _topic("flowers", "daisy tulip rose", "e2557a 4f8f3f f2c230", "e6ecd0 b4c890", "dots",
           """flower flowers macro garden rose spring petals pink yellow bloom tulip daisy blossom
           nature plant closeup purple botanical bouquet lily orchid"""),
    _topic("food", "plate pizza cup", "d8843a 8a4a2a c23a2a", "f0e2cc d0a880", "stripes",
           """food dinner cake restaurant delicious lunch cooking chocolate fruit kitchen breakfast
           yummy dessert bread cheese coffee tasty recipe pizza salad red"""),
    _topic("grass", "tuft meadow clover", "5f9a3a 3a6f2a a8c24a", "cfe4ee 8fb85a", "hills",
           """grass green field meadow lawn park summer spring nature rural countryside farm hill
           pasture fresh outdoor picnic landscape dew blades macro"""),
    _topic("person", "figure portrait runner", "e0aa84 3f5f9a 8a3f4a", "dcd6d0 a89c94", "billows",
           """portrait people girl woman man face smile person model child eyes street hair fashion
           beautiful friends boy family self wedding baby"""),
    _topic("sky", "sun gulls moon", "f2b03a 5f8fd0 e8734a", "5f94d4 f0c49a", "billows",
           """sky blue sunset sun sunrise evening horizon stars night moon light orange dusk dawn
           clouds colour silhouette airplane twilight landscape bird"""),
    _topic("toy", "blocks teddy car", "e23f3a 2f7fd0 f2c82a", "f2ecd8 e0c0b0", "dots",
           """toy toys lego plastic doll figure teddy miniature play cute bear collection robot game
           kids colourful model car plush action puppet"""),
    _topic("water", "waves sailboat ripples", "3f8fb4 2a5f8a 8fd0d8", "a8d0e0 4f8fae", "stripes",
           """water ocean sea beach lake river waves reflection boat blue coast island swimming surf
           bridge harbour fishing shore summer waterfall rain"""),
    _topic("window", "sash arch shutters", "8a5f3f 7fa8c4 d8c8a8", "d8c4b0 b08a70", "bricks",
           """window architecture house building glass door old wall reflection light brick room
           urban curtain street shutters frame interior church decay shop"""),
)  # fmt: skip
"""The ten concepts of NUS-WIDE-10K, in its order."""

NUSWIDE_BACKGROUND = word_list(
    """nikon canon photo travel art color bw explore abigfave white black red green macro vacation
    california europe usa london italy france japan canada winter autumn city flickr digital film
    blackandwhite supershot naturesfinest interestingness bravo search geotagged digicam d80 eos
    lens bokeh hdr trip holiday weekend home morning shadow texture pattern abstract closeup retro
    vintage favourite beautiful"""
)
