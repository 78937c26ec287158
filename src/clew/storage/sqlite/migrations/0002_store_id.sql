-- Which store this is: the folder with the bytes of its files holds the same id, so that neither is taken for another's.
CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL
) STRICT;
INSERT INTO store (one, id) VALUES (1, 'store_' || lower(hex(randomblob(16))));
