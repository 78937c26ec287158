"""The kill test: many writers, a server that is killed again and again, and a check that nothing answered was lost.

Run it as `just kill`; `docs/operating/durability.md` says what it proves.
"""
