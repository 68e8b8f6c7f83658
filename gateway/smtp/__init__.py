"""The SMTP door, and the relay to the next mail server."""
