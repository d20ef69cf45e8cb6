"""Alignment: which sound, which frame and which face belong together, by time stamps."""
