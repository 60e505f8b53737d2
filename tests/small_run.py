"""A small run of two experiments, for tests of how runs go."""

CONFIG = """papers: [besiii_2025, na62_2019]
statistics: {signal: 300, calibration: 600, kaon_signal: 2000}
variations: []
"""
TARGETS = (
    "results/besiii_2025/validation/validation.csv",
    "results/na62_2019/figures/acceptance_dalitz.csv",
)
