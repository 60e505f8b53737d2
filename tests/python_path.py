"""PYTHONPATH of a program that a test starts."""

import os


def beginning_with(*folders) -> str:
    """The variable with these folders before what is in it."""
    return os.pathsep.join([*map(str, folders), os.environ["PYTHONPATH"]])
