"""Audio-visual variational autoencoder with a shared decoder (Srijay, Balla): one latent space.

Reproduced: Figures 1 to 4, the cross-modal retrieval, the clusters, and what the paper announces
and does not print.
"""

TITLE = "One latent space for face and voice: a variational autoencoder with a shared decoder"
CITATION = (
    "H. Srijay, R. Balla, “Learning Cross-Modal Representations Using Variational Autoencoders”, "
    "2022."
)
DEVIATIONS = [
    "As written, each frequency of a voice's spectrogram is normalised over time and then "
    "averaged over time: that is zero for every voice, and the network reads rounding noise. "
    "`written` is that; `corrected` averages first and normalises the averaged spectrum; "
    "`whole_clip` normalises the clip as a whole.",
    "The test set shares its people with the training set (phases 1 and 2 of the list train, phase "
    "3 tests). The variants `…_identity` deal the people anew, none on two sides.",
    "The encoders' layers, the batch size, the reduction of the squared error and the weight of "
    "the Wasserstein term are not stated. The error is summed over the 1,041 outputs and averaged "
    "over clips, as in the evidence bound; `mean_error` averages over the outputs too.",
    "The log's fall after the fifth epoch looks like the switch of the KL weight from 0.1 to 0.01. "
    "The parent model switches after ten epochs, which eight epochs never reach: `constant_kl` "
    "does not switch.",
    "Grey faces are standardised by one mean and one deviation of the training faces, so that both "
    "modalities enter the error with like weight; as-written voices are left as they are.",
    "“Lowest loss in the joint latent space” is read as the Wasserstein distance of the two latent "
    "Gaussians. Mean reciprocal rank is announced and never printed; ours is taken over all test "
    "people and all test clips, not over one chosen person.",
    "DBSCAN's parameters are not stated: its radius is the k-distance at the knee of its curve.",
    "Where eight epochs are few steps because a corpus is small, several passes over it count as "
    "one epoch and the learning rate is higher; the settings of the edition say so.",
]
