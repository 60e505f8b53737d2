"""Searches: what the rules ask of their settings, samples and files."""
