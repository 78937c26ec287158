"""Between our nouns and this dialect's objects: pure, one module per noun."""
