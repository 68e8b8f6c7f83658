"""Vanthu: an e-mail-to-office migration gateway for Vietnamese education departments."""

__version__ = "0.1.0"
