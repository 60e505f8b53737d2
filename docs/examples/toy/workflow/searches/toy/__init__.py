"""What the rules ask of a search with the toy detector."""
