"""The process of a gateway: its event loop, its signals, and the order in which doors and console open."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Protocol

from gateway import memory
from gateway.app import Gateway
from gateway.config import Config
from gateway.listening import listening
from gateway.settings.addresses import host_and_port, naming
from gateway.settings.listeners import FIRST

# Threads hand the interpreter over after 2 ms instead of 5: the writer answers a commit sooner, and the loop is not cut short.
_SWITCH_INTERVAL_S = 0.002
_FILES = 65_536  # open at one time, if the system lets us
# So many new objects before the collector looks for cycles among them: mails on their way are young, many, and have none.
_YOUNG = 20_000


class Console(Protocol):
    """A running console."""

    port: int

    def close(self) -> None:
        """Finish the requests under way, then stop."""
        ...


# The console stands above the gateway, so whoever starts both (the command line) brings it along.
StartConsole = Callable[[Gateway, socket.socket], Console]


def run(settings: Config, *, start_console: StartConsole, announce: Callable[[str], None]) -> None:
    """serve() on the fastest loop that is here."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    _allow_files()
    memory.settle()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve(settings, start_console=start_console, announce=announce))


async def serve(settings: Config, *, start_console: StartConsole, announce: Callable[[str], None]) -> None:
    """Run all roles until SIGTERM or SIGINT; ``announce`` gets one ready line for each listener.

    Mail comes in as soon as it can be kept and sent on.  What reads attachments and the console load after that, and a mail
    that needs the one waits for it; when either cannot be had, the gateway ends, and says why.
    """
    house = Gateway(settings)
    stop = _stop_on_signals(house)
    async with contextlib.AsyncExitStack() as at_the_end:
        at_the_end.push_async_callback(house.stop)
        listener = at_the_end.enter_context(_place_of_console(settings))
        await house.start()
        await house.listen()
        house.carry()
        _say_mail_comes_in(house, announce)
        readers = asyncio.create_task(asyncio.to_thread(house.inspector.start))
        console = await asyncio.to_thread(start_console, house, listener)
        at_the_end.push_async_callback(asyncio.to_thread, console.close)
        await readers
        house.store.all_is_loaded()
        _settle_memory()
        house.work()
        await _say_console(house, console.port, announce)
        house.sweep(lambda name: announce(f"ready imap {name}"))
        await stop.wait()


def _stop_on_signals(house: Gateway) -> asyncio.Event:
    """SIGTERM and SIGINT set the event that comes back; SIGHUP reads the rules again."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # A province's lists take a second or two: mail does not wait for them.
    loop.add_signal_handler(signal.SIGHUP, lambda: loop.run_in_executor(None, house.reload))
    return stop


def _settle_memory() -> None:
    """What was made so far lives as long as the process: the collector need not look at it again.

    Not even once: that would hold the sessions up for a tenth of a second, and next to nothing of what was loaded is rubbish.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])


def _say_mail_comes_in(house: Gateway, announce: Callable[[str], None]) -> None:
    for entrance in house.smtp.entrances:
        called = "" if entrance.name == FIRST else f" {entrance.name} {entrance.kind}"
        for address, smtp_port in entrance.addresses:
            announce(f"ready smtp{called} {address}:{smtp_port}")
    for address, policy_port in house.policy_service.addresses:
        announce(f"ready policy-service {address}:{policy_port}")


async def _say_console(house: Gateway, port: int, announce: Callable[[str], None]) -> None:
    host, _ = host_and_port(house.settings.web.listen, where="[web] listen")
    url = f"http://{host}:{port}"
    if code := await asyncio.to_thread(house.first_visit.open):
        announce(f"first visit: {url}/first?code={code}")
    announce(f"ready web {url}")


def _place_of_console(settings: Config) -> socket.socket:
    """[web] listen is ours before any mail comes in.  Raises ConfigError."""
    host, port = host_and_port(settings.web.listen, where="[web] listen")
    with naming("[web] listen", settings.web.listen):
        return listening(host, port)


def _allow_files() -> None:
    """A connection is a file: with the 1,024 that systems allow at first, [smtp] max_connections would be an empty promise."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it can be had: 1.9 times as many mails a second as plain asyncio."""
    with contextlib.suppress(ImportError):
        import uvloop

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop
    return asyncio.new_event_loop()
