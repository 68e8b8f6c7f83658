"""An office system to practise on: speaks VXP and LGSP, watches a folder, keeps a register, and fails as it is told.

It shares no code with the couriers and reads packages with a reader of its own, so that what it takes is right by a second
opinion.  It is for tests, for `vanthu demo`, and for whoever builds an office system; never for real documents.
"""
