"""Selections of three-track vertices at NA62, with identification as weights or decisions."""
