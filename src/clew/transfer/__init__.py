"""A whole store in and out: backups."""
