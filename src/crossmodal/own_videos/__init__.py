"""One's own videos: a look at a folder, an entry for the workflow, which papers it can serve."""
