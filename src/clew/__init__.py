"""Clew: a self-hosted home for conversation threads."""

__version__ = "0.1.0"
