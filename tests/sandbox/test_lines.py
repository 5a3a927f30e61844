"""The lines between the sandbox's proxies and its servers."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from mailboxes.sandbox.lines import HOST, Lines


def test_a_line_sends_at_once() -> None:
    """Else every answer behind a proxy waits 40 ms for an acknowledgement."""

    async def nodelay() -> int:
        server = await asyncio.start_server(lambda *_: None, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        _, writer = await Lines().connect(port, None, 1024)
        line = writer.get_extra_info("socket")
        found = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        server.close()
        return int(found)

    with ThreadPoolExecutor(1) as elsewhere:  # a browser's loop may run in this thread
        assert elsewhere.submit(lambda: asyncio.run(nodelay())).result() == 1
