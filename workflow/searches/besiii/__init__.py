"""What the rules ask of a search at BESIII."""
