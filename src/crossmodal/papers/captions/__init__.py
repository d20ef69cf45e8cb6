"""Spoken captions and images (Ni, Gu, Zhu): one by the other, in one space of embeddings.

Reproduced: the baseline, the new loss, the branch with temporal convolutions, both comparisons
with the controls the paper lacks, and its two examples of a search.
"""

TITLE = "Optimization of multimodal analysis of image and audio pairs"
CITATION = (
    "J. Ni, Y. Gu, X. Zhu, “Optimization of Multimodal Analysis of Image and Audio Pairs”, "
    "University of Illinois at Urbana-Champaign."
)
DEVIATIONS = [
    "The paper names no corpus. Places Audio Captions is the likely one; Flickr8k Audio, "
    "with five spoken captions of an image, is the default here because anyone may have it.",
    "The paper reports one run on 1,024 pairs. Here galleries are drawn, an image once in each; "
    "numbers are means over galleries and seeds; a test part with fewer images gives a smaller "
    "gallery, which makes every recall higher.",
    "An impostor is always of another image: a batch holds no image twice.",
    "The new loss as written sums six hinges where the baseline sums two, at one learning rate. "
    "Controls: six hinges averaged to the scale of two; the baseline at three times the rate.",
    "Losses are means over the pairs of a batch, as in the baseline's public code; the paper "
    "writes a sum, which only scales the learning rate.",
    "The baseline's parent work makes the caption's embedding a unit vector and leaves the "
    "image's free; with both of unit length a margin of 1 could never be met. `normalise` chooses.",
    "The mean of the caption network is over true frames alone, and frames behind a caption's end "
    "are 0 after every layer: padding changes no embedding.",
    "Image features and bands are standardised with the training part's means and deviations; "
    "the linear map that follows could do the same.",
    "Without VGG16's weights, and for stand-ins always, the image feature is that of a small "
    "network trained on the training images and the words of their captions.",
    "The TCN branch is described in words alone. Read so: frequency filters of 5, 4 and 2 bands, "
    "one set after the other, make 40 bands one; the last true step of the second stack counts; "
    "half of the baseline's last maps stay beside it.",
]
