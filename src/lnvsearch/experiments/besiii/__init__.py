"""BESIII: J/psi decays at rest, with charged tracks, dE/dx, time of flight and a calorimeter."""
