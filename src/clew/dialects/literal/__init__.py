"""Literal AI's GraphQL API and the few REST paths beside it."""
