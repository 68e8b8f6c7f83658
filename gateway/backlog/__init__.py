"""The past: old mail in files and mailboxes, read once, and its documents put into the archive."""
