"""The scribe: a process of its own that writes large bodies and carries out transactions.

SQLite gives the interpreter lock away at each step of a statement, and making values ready for PostgreSQL is Python too.  While
the event loop is busy, getting the lock back takes longer than the step, twenty times for each commit.  In a process of its own
a batch runs straight through, on another core, and costs the gateway one message there and one back
(docs/decisions/0005-the-scribe.md and 0047-the-journal.md have the figures).

``process`` is the program of that process.  It imports nothing but the standard library, msgspec and the driver of its
database: it starts in 50 ms on SQLite, 0.2 s on PostgreSQL.
"""
