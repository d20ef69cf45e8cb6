"""Corpora: registry, download, and one reader each from published layout to manifest."""
