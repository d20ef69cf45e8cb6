"""Cross-modal audio-visual learning: five papers, reproduced."""
