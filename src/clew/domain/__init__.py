"""The nouns of conversation keeping, and the rules between them. Pure: no I/O, no clock, no dialect."""
