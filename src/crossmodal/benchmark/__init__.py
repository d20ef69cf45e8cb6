"""The benchmark: the models of all papers on the same tasks, beside simple baselines.

A task says which picture belongs to which sound: by class, by person, or by pair. Every method
gets the same rows, the same inputs, the same number of trials and the same passes.
"""

TITLE = "One yardstick: the models of all papers on the same tasks"
DEVIATIONS = [
    "Every method has the same rows, inputs, trials and number of training pairs seen; nothing is "
    "chosen on test rows. The papers' models are small here: see the table of costs.",
    "Hashing and the linear classifiers learn classes and have none in tasks of unique pairs. "
    "CMCGAN and the caption network need pixels and samples, which feature files do not have.",
    "CMCGAN ranks nothing in its paper: items are compared as picture and sound side by side, one "
    "of the two made of the other. MS-VAE ranks by the Wasserstein distance of its latents, "
    "hashing by the Hamming distance of codes, the others by cosines or inner products.",
    "The caption network hears a sound at a fixed number of steps and sees the picture's vector, "
    "as in its paper it sees a fixed feature; its impostors are always of another answer.",
]
