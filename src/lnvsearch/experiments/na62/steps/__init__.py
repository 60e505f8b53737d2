"""Steps of an analysis between result files: each reads files, computes, and gives results.

A step takes `inputs`, files by name, and `settings`, plain values; it gives its results by the names
of its outputs: tables, or records for JSON.
"""
