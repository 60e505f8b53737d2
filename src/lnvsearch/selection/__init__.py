"""Event selection: the cut-flow engine, and one module for each search's cuts."""
