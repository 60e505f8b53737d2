"""Papers: each module (or folder) has what belongs to one paper alone.

Derived numbers, tables, figures and inconsistencies of that paper; its file in `config/papers/` and
its published numbers have the same name.  A module declares them as
`lnvsearch.publication.contents` says; a paper without one has those of its experiment.
"""
