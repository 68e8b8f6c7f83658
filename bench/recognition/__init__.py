"""How well are real documents recognised, and how fast?  ``python -m bench.recognition --help``; docs in ``__main__``."""
