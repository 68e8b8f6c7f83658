"""An office system that watches a folder: reads what was handed over, by the names of QCVN 102:2016, without our own code."""

from __future__ import annotations

import base64
import time
from pathlib import Path

from lxml import etree

from gateway.model import Value

_E = "{http://www.mic.gov.vn/TBT/QCVN_102_2016}"


class Package(Value):
    """One package as the office system reads it; empty where the element is missing."""

    file: str
    document_id: str
    number: str
    notation: str
    kind: str
    subject: str
    sender: str  # name of the organisation that issues
    attachments: dict[str, bytes]


class OfficeFolder:
    """The folder of one office system.  Nothing but whole packages may ever be seen in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def packages(self) -> list[Package]:
        """All packages so far, oldest first."""
        found = sorted((self.folder / "in").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [read_package(path.name, path.read_bytes()) for path in found]

    def wait_for(self, count: int, *, seconds: float = 20.0) -> list[Package]:
        """The packages, as soon as there are ``count`` of them; raises TimeoutError when they do not come."""
        end = time.monotonic() + seconds
        while len(packages := self.packages()) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(packages)} of {count} packages came into {self.folder}")
            time.sleep(0.05)
        return packages

    def wait_for_number(self, number: str, *, seconds: float = 20.0) -> Package:
        """The package of the document with this number, as soon as it is there; raises TimeoutError when it does not come."""
        end = time.monotonic() + seconds
        while not (found := [package for package in self.packages() if package.number == number]):
            if time.monotonic() > end:
                raise TimeoutError(f"no package of number {number} came into {self.folder}")
            time.sleep(0.05)
        return found[0]


def read_package(file: str, raw: bytes) -> Package:
    """Read one edXML package; raises what lxml raises when it is not well-formed."""
    root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    return Package(
        file=file,
        document_id=_text(root, "MessageHeader", "DocumentId"),
        number=_text(root, "Code", "CodeNumber"),
        notation=_text(root, "Code", "CodeNotation"),
        kind=_text(root, "DocumentType", "TypeName"),
        subject=_text(root, "MessageHeader", "Subject"),
        sender=_text(root, "From", "OrganName"),
        attachments={
            _child(attachment, "AttachmentName"): base64.b64decode(_child(attachment, "ContentTransferEncoded"))
            for attachment in root.iter(f"{_E}Attachment")
        },
    )


def _text(root: etree._Element, parent: str, name: str) -> str:
    found = root.find(f".//{_E}{parent}/{_E}{name}")
    return "" if found is None else found.text or ""


def _child(element: etree._Element, name: str) -> str:
    found = element.find(f"{_E}{name}")
    return "" if found is None else found.text or ""
