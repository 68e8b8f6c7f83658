"""Which official documents does this mail carry?  Pure: bytes in, values out, no files, no sockets, no clock that matters."""
