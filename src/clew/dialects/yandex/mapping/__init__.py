"""Between the domain's nouns and the messages of the wire. Pure: nothing here reads a store or a clock."""
