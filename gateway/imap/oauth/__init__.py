"""Signing in with a token instead of a password (OAuth 2): Google, Microsoft, and servers of one's own."""
