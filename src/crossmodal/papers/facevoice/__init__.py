"""Multimodal adversarial networks (Xu et al.): do this face and this voice belong together?

Reproduced: Figures 1 to 5 with every ablation, the identification numbers of the parent work, and
the readings the paper leaves open.
"""

TITLE = "Multimodal generative adversarial networks for face and voice"
CITATION = (
    "R. Xu, Y. Yang, H. Qiu, X. Liu, J. Zhang, “Research on Multimodal Generative Adversarial "
    "Networks in the Framework of Deep Learning”."
)
DEVIATIONS = [
    "Eq. 1 prints an equality where the sum of both losses is meant, and Eq. 2 gives both encoders "
    "one name: the losses are added, G_Ienc encodes faces, G_Tenc voices.",
    "The losses are trained with cross-entropies as in the parent work (CM-GANs); the generator "
    "makes reconstructions and exchanged representations look real, never the mismatched ones. "
    "`wasserstein` is Eq. 2 as printed, with the weights of the discriminators clipped.",
    "The class head on the common representation comes from the parent work; `no_class_head` is "
    "Eq. 1-2 alone.",
    "Margin and threshold are chosen on validation episodes; the paper chooses both on its test "
    "set. The threshold of the test set and the paper's 0.5 are given beside it.",
    "Training, validation and test windows come from different episodes; `random_split` deals "
    "windows at random, as the paper does, so that frames of one scene stand on both sides.",
    "A pair is called matching when its similarity reaches the threshold; the paper says “distance "
    "exceeds”.",
    "The networks of the second phase learn on the frozen common representation of the first.",
    "The abstract names Graph Cut and regional attention, the text gives no method: `graph_cut` "
    "(a GrabCut mask on the face crop) and `regional_attention` (attention over a grid of face "
    "regions) are our own readings.",
    "The identification accuracies beside ours are those of the parent work (Chen and Chen, 2020, "
    "the same data and experiments); the paper itself prints none.",
]
