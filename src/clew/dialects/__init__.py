"""The vendors' ways to speak, a folder each. None knows of another."""
