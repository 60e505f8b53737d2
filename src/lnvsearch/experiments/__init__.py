"""Experiments: each folder is one detector with its events, its selection and its samples.

An experiment knows the layers (generation, reconstruction, selection, statistics, publication); it
knows no other experiment and no paper.  All have the same face (`interface`); `commands` serve files of any.
"""
