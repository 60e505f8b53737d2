"""What detectors share: material, Gaussian errors, parameters with unit, range and source."""
