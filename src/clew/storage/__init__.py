"""Keeping the nouns: the port in the domain's words (`port`), and a folder for each adapter that answers it."""
