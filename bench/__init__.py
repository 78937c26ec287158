"""How fast Clew is, beside what the same stack does at best: `just bench`."""
