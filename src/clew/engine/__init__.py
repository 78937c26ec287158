"""The engine: takes queued runs and drives them to an end over a model."""
