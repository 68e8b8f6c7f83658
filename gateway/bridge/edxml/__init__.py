"""The edXML document package of the interconnection axis (QCVN 102:2016/BTTTT), between bytes and values.  Pure.

We write namespace, prefixes, element order and indentation as the axis's own software development kit does: readers in the
field refuse anything else.  We read by name, whatever the order, prefix or namespace.  Nothing here signs, numbers or dates
anything.  Status messages are not read here yet.
"""

from gateway.bridge.edxml.reading import parse
from gateway.bridge.edxml.values import (
    NAMESPACE,
    NEW_DOCUMENT,
    PRIORITIES,
    TYPE_CODES,
    VIETNAM,
    Agency,
    Answered,
    Attachment,
    Business,
    EdxmlPackage,
    Staff,
    Trace,
)
from gateway.bridge.edxml.writing import LIMITS, document_id, package

__all__ = [
    "LIMITS",
    "NAMESPACE",
    "NEW_DOCUMENT",
    "PRIORITIES",
    "TYPE_CODES",
    "VIETNAM",
    "Agency",
    "Answered",
    "Attachment",
    "Business",
    "EdxmlPackage",
    "Staff",
    "Trace",
    "document_id",
    "package",
    "parse",
]
