"""Small real proxies: SOCKS5 and HTTP, and what speaks TLS in front of a server.

Each runs in the test's loop and notes where it was asked to connect to.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
# Reads what a client asks for; gives the host, the port, what to answer, and what to pass on.
Greeting = Callable[[Reader, Writer], Awaitable[tuple[str, int, bytes, bytes]]]


@dataclass
class RunningProxy:
    """A proxy, where it listens and what it was asked for."""

    port: int = 0
    asked: list[tuple[str, int]] = field(default_factory=list)


@asynccontextmanager
async def proxy(
    greet: Greeting, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RunningProxy]:
    """A server that connects where its clients ask it to."""
    running, tasks = RunningProxy(), set[asyncio.Task[None]]()

    async def serve(reader: Reader, writer: Writer) -> None:
        with closing(writer), suppress(OSError, asyncio.IncompleteReadError):
            host, number, answer, first = await greet(reader, writer)
            running.asked.append((host, number))
            there_reader, there_writer = await asyncio.open_connection(host, number)
            with closing(there_writer):
                writer.write(answer)
                there_writer.write(first)
                await asyncio.gather(pass_on(reader, there_writer), pass_on(there_reader, writer))

    def begin(reader: Reader, writer: Writer) -> None:
        task = asyncio.create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", port, ssl=tls)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        for task in tasks.copy():
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def pass_on(reader: Reader, writer: Writer) -> None:
    """Bytes go on until one side has had enough."""
    try:
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()
    finally:
        writer.close()


def socks5(login: tuple[str, str] | None = None) -> Greeting:
    """RFC 1928, and with a login RFC 1929."""

    async def greet(reader: Reader, writer: Writer) -> tuple[str, int, bytes, bytes]:
        version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        method = 2 if login else 0
        if version != 5 or method not in methods:
            writer.write(b"\5\xff")
            raise PermissionError
        writer.write(bytes([5, method]))
        if login:
            _, length = await reader.readexactly(2)
            name = (await reader.readexactly(length)).decode()
            [length] = await reader.readexactly(1)
            password = (await reader.readexactly(length)).decode()
            writer.write(bytes([1, (name, password) != login]))
            if (name, password) != login:
                raise PermissionError
        *_, kind = await reader.readexactly(4)
        length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
        address = await reader.readexactly(length)
        host = ".".join(map(str, address)) if kind == 1 else address.decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        return host, port, b"\5\0\0\1\0\0\0\0\0\0", b""

    return greet


async def http(reader: Reader, writer: Writer) -> tuple[str, int, bytes, bytes]:
    """RFC 9110: a tunnel for CONNECT, else a request whose address is whole."""
    line = await reader.readuntil(b"\r\n")
    method, target, version = line.decode().split()
    if method == "CONNECT":
        await reader.readuntil(b"\r\n\r\n")
        host, _, port = target.rpartition(":")
        return host, int(port), b"HTTP/1.1 200 Connection established\r\n\r\n", b""
    place, _, path = target.removeprefix("http://").partition("/")
    host, _, port = place.partition(":")
    once = f"{method} /{path} {version}\r\nConnection: close\r\n"  # the next request may go elsewhere
    return host, int(port or 80), b"", once.encode()


def in_front_of(port: int) -> Greeting:
    """No proxy: whoever connects is connected to a port of this machine."""

    async def greet(reader: Reader, writer: Writer) -> tuple[str, int, bytes, bytes]:
        return "127.0.0.1", port, b"", b""

    return greet
