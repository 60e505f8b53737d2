"""Reproducible searches for lepton-number violation, by fast simulation."""

__version__ = "0.1.0"
