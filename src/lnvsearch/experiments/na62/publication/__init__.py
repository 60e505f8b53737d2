"""What the papers of NA62 share: numbers, comparison, tables and figures."""
