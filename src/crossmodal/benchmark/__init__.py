"""The benchmark: the models of all papers on the same tasks, beside simple baselines.

A task says which picture belongs to which sound: by class, by person, or by pair. Every method
gets the same rows, the same inputs, the same number of trials and the same passes.
"""

TITLE = "One yardstick: every model on the same tasks"
