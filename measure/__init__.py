"""Measurements: speed against libraries, costs, comparisons of results; no tests."""
