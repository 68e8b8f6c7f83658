"""Organisations, mailboxes, office systems, retired addresses and campaigns as data with dates."""
