"""Vietnamese as it was written before Unicode, and as mail programs break it: to Unicode.  Pure.

``fonts`` knows the encoding by the name of a font (Office files, PDF, HTML), ``detect`` by the words alone, ``charset`` by the
bytes of a text and the charset that they are declared in.
"""
