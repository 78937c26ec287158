"""Who may ask: API keys (`keys`), and the rules for a server that asks for none (`openness`)."""
