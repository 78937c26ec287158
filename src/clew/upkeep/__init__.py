"""What Clew does by itself from time to time, for nobody in particular."""
