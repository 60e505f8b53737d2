"""NA62: decays in flight of charged kaons, seen by a spectrometer, RICH, calorimeter and vetoes."""
