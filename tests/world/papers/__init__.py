"""Made-up official documents and what looks like them, on every kind of paper; the same bytes for the same seed."""
