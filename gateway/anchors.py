"""The trust anchors of the configuration: certificate files of a folder.  They are the operator's, not a stranger's."""

from __future__ import annotations

from pathlib import Path

ANCHOR_SUFFIXES = (".pem", ".crt", ".cer")


def anchors_in(folder: str) -> list[tuple[Path, bytes]]:
    """The certificate files of a folder with their bytes.  Raises OSError, and ValueError naming a file that holds none."""
    if not folder:
        return []
    from gateway.documents.signatures import trust  # loads much, and only where there are anchors

    found = [(path, path.read_bytes()) for path in sorted(Path(folder).iterdir()) if path.suffix.lower() in ANCHOR_SUFFIXES]
    for path, data in found:
        try:
            trust.certificates_in(data)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    return found
