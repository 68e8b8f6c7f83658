"""The letters that people get from us: what was stopped, why, by which rule, and what to do now, step by step.

Vietnamese first, then English in the same letter, as text and as simple HTML.  The words stand in templates/notices: one file
for each letter and language, whose first line is the subject; an officer may have his own.  A letter has the null sender and
says that a machine wrote it (RFC 3834), so that no machine answers it.  Times are Vietnamese times.
"""

from gateway.notices.facts import Facts
from gateway.notices.whom import Silence, may_be_told, why_silent
from gateway.notices.writing import Notices, sender_of

__all__ = ["Facts", "Notices", "Silence", "may_be_told", "sender_of", "why_silent"]
