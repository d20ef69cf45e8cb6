"""Cross-modal semantic matching and hashing (Radhakrishnan): text by image and image by text.

Reproduced: Tables 1 and 2, Figures 2 and 3, the networks, and the protocols the paper leaves open.
"""

TITLE = "Cross-modal semantic matching and hashing"
CITATION = "K. Radhakrishnan, “Cross-modal Neural Networks Fused with Multimedia Retrieval”."
DEVIATIONS = [
    "The pseudo-code compares class posteriors, which cannot have 16, 32 or 64 bits: `ours` puts a "
    "tanh layer of that width before the softmax and takes its sign; `semantic` ranks by the "
    "posteriors themselves, as the pseudo-code says.",
    "The codes of two separately trained networks cannot be compared, so both networks of `ours` "
    "share the classifier after the tanh layer; `ours_separate` is the pseudo-code to the letter.",
    "DSSAH is found in no publication: the rows so named are our own stand-in, SSAH with one more "
    "hidden layer and a feature attention.",
    "The paper states neither database nor cut-off nor ties. The main tables rank the other "
    "modality's test part, all of it, and average over the orders of equal distances; "
    "table_protocols gives the others.",
    "The public Wikipedia features (128-d SIFT bag of visual words, 10-d LDA) are used for every "
    "method alike; the paper does not name its features.",
    "The paper's conclusion claims less labelling; its algorithm needs a label for every pair.",
]
