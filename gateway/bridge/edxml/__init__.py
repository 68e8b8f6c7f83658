"""The edXML document package of the interconnection axis (QCVN 102:2016/BTTTT), between bytes and values.  Pure.

We write namespace, prefixes, element order and indentation as the axis's own software development kit does: readers in the
field refuse anything else.  We read by name, whatever the order, prefix or namespace.  Nothing here signs, numbers or dates
anything.
"""

from gateway.bridge.edxml.reading import parse, parse_status, read
from gateway.bridge.edxml.values import (
    NAMESPACE,
    NEW_DOCUMENT,
    PRIORITIES,
    RECALL,
    REPLACEMENT,
    STATUSES,
    TYPE_CODES,
    UPDATE,
    VIETNAM,
    Agency,
    Answered,
    Attachment,
    Business,
    EdxmlPackage,
    Replaced,
    Staff,
    StatusMessage,
    Trace,
)
from gateway.bridge.edxml.writing import LIMITS, document_id, package, pieces, status_message

__all__ = [
    "LIMITS",
    "NAMESPACE",
    "NEW_DOCUMENT",
    "PRIORITIES",
    "RECALL",
    "REPLACEMENT",
    "STATUSES",
    "TYPE_CODES",
    "UPDATE",
    "VIETNAM",
    "Agency",
    "Answered",
    "Attachment",
    "Business",
    "EdxmlPackage",
    "Replaced",
    "Staff",
    "StatusMessage",
    "Trace",
    "document_id",
    "package",
    "parse",
    "parse_status",
    "pieces",
    "read",
    "status_message",
]
