"""Features: arrays row-aligned with a manifest."""
