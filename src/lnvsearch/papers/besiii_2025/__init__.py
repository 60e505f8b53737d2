"""BESIII 2025, J/psi -> K+ K+ e- e-: its comparison, tables, figures and inconsistencies."""
