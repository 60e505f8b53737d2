"""Tables that every search at NA62 can have."""
