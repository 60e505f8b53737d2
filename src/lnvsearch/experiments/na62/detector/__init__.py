"""The spectrometer of NA62: from kaon decays to recorded events."""
