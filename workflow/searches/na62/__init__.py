"""What the rules ask of a search at NA62."""
