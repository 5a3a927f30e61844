"""`python -m mailboxes.sandbox`: runs the sandbox until SIGTERM or SIGINT.

The same as `manage.py sandbox`, without Django. What it serves: box.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import signal
import sys
from pathlib import Path

from .box import HOST, Box, Options
from .ca import write_private
from .scenarios import SCENARIOS


class CannotRun(Exception):
    """The sandbox cannot start; the text says why, in one sentence."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of both commands."""
    parser.add_argument(
        "--data", type=Path, required=True, help="folder for mailboxes, CA and log"
    )
    parser.add_argument(
        "--port-file", type=Path, help="write the proxy's port here when ready"
    )
    parser.add_argument(
        "--proxy-port", type=int, default=0, help="port of the proxy (0: a free one)"
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=5.0,
        help="seconds between letters to each living mailbox (0: none; default 5)",
    )
    parser.add_argument("--seed", type=int, default=1, help="for the letters (1)")


def run(
    data: Path, port_file: Path | None, proxy_port: int, rate: float, seed: int
) -> None:
    """Serve until a signal. Raises CannotRun."""
    if not 0 <= proxy_port <= 65535:
        raise CannotRun(f"--proxy-port {proxy_port} is not a port (0 to 65535).")
    if not 0 <= rate <= 86400:
        raise CannotRun(f"--rate {rate} is not between 0 and 86400 seconds.")
    data = data.resolve()
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotRun(
            f"The folder {data} cannot be written: {error.strerror}."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        asyncio.run(_serve(Options(data, proxy_port, rate, seed), port_file))
    except BlockingIOError as error:
        raise CannotRun(f"Another sandbox uses the folder {data}.") from error
    except OSError as error:
        raise CannotRun(
            f"The sandbox cannot start: {error.strerror or error}."
        ) from error
    finally:
        os.close(lock)


async def _serve(options: Options, port_file: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    box = Box(options)
    await box.start()
    if port_file is not None:
        write_private(port_file, f"{box.ports['proxy']}\n".encode(), 0o644)
    print(f"sandbox is ready: proxy {HOST}:{box.ports['proxy']}", flush=True)
    await stop.wait()
    await box.stop()


def main() -> int:
    """Run from the command line; 1 with one sentence when it cannot."""
    if sys.argv[1:] == ["--scenarios"]:  # the list alone, as JSON; nothing is started
        print(json.dumps([scenario.described() for scenario in SCENARIOS]))
        return 0
    parser = argparse.ArgumentParser(prog="python -m mailboxes.sandbox")
    add_arguments(parser)
    given = parser.parse_args()
    try:
        run(given.data, given.port_file, given.proxy_port, given.rate, given.seed)
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
