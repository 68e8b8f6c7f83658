"""pyHanko without its clients for HTTP (time stamps, certificates, revocation lists): reading asks nobody, and may not.

They load aiohttp: 7 MB and 40 mappings, which each child of the fork server would have to be given.  Loaded before pyHanko;
where that was loaded as a whole before, it stays so.
"""

from __future__ import annotations

import sys
from types import ModuleType

_CLIENTS = {
    "pyhanko.sign.timestamps.aiohttp_client": "HTTPTimeStamper",
    "pyhanko_certvalidator.fetchers.aiohttp_fetchers": "AIOHttpFetcherBackend",
}


class _Nobody:
    """Stands where such a client does."""

    def __init__(self, *_: object, **__: object) -> None:
        raise NotImplementedError("nobody is asked over the network where attachments are read")


for _module, _client in _CLIENTS.items():
    if _module not in sys.modules:
        sys.modules[_module] = ModuleType(_module)
        setattr(sys.modules[_module], _client, _Nobody)
