"""The IMAP door: mailboxes that nobody can stand in front of are swept as faithfully as mail is taken by SMTP."""
