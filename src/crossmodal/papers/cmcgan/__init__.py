"""CMCGAN (Hao, Zhang, Guan): the picture from the sound, the sound from the picture.

Reproduced: the generator, the discriminator and Algorithm 1, S2I-C and I2S, every ablation, the
classifiers and the dynamic multimodal network. No code of the authors was ever released.
"""

TITLE = "CMCGAN: cross-modal cycle generation of picture and sound"
CITATION = (
    "W. Hao, Z. Zhang, H. Guan, “CMCGAN: A Uniform Framework for Cross-Modal Visual-Audio Mutual "
    "Generation”, AAAI 2018."
)
DEVIATIONS = [
    "Eq. 1 and 2 are printed as losses but are to be maximised; here both signs are turned. The "
    "paper gives no weight between Eq. 2 and 3 and no K: at the paper's size both weights and K "
    "are 1; smaller editions state theirs, and let learning rates fall over the second half, as "
    "CycleGAN does.",
    "The discriminator's widths are ours: two towers without batch normalisation down to 4x4, "
    "joined, one number; first weights by He's rule, or it learns nothing in thousands of steps. "
    "Fakes are the ends of all two-step paths; `one_step` takes F_ and R_.",
    "Wrong pairs are drawn within the batch, among pictures and sounds of other instruments.",
    "The last layer of a decoder is tanh without batch normalisation. Where an axis has come down "
    "to the code's side (1, 2, 4 for 7, 6, 5 layers) it is kept, in the sound's width after five "
    "layers; 6 and 5 layers leave out those next to the code.",
    "One latent vector a pair and step serves every sub-network.",
    "The split is by song; `random` splits windows, as the paper may have done. Nothing is chosen "
    "by test pairs: the epoch is that with the best validation accuracy of generated samples.",
    "S2I-C and I2S are built from the parent work's description, at the same sizes as CMCGAN; "
    "their classifier's hidden layer of 1,024 narrows with the base width.",
    "Classifiers see shifted and relit pictures; the fusion networks have dropout.",
]
