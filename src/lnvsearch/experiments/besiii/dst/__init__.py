"""BESIII's DST files, read with pybes3, as the recorded events of docs/events.md."""
