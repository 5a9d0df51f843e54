"""What does llhttp, as aiohttp has it, make of answers that come byte by byte?

Run with `python -X dev`, since aiohttp is strict only then. Reads lines of method, tab, hex; writes
for each `complete STATUS keep|close USED`, `closed STATUS` or `failed`.
"""

import asyncio
import sys

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpResponseParser, RawResponseMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

# The bounds of the load core, so that only the rules differ.
MAX_HEAD_BYTES = 64 << 10
MAX_FIELDS = 256


def read(loop: asyncio.AbstractEventLoop, *, is_head_request: bool, answer: bytes) -> str:
    """The outcome of one answer and the end of its connection."""
    parser = HttpResponseParser(
        BaseProtocol(loop),
        loop,
        limit=1 << 30,
        max_line_size=MAX_HEAD_BYTES,
        max_field_size=MAX_HEAD_BYTES,
        max_headers=MAX_FIELDS,
        response_with_body=not is_head_request,
        read_until_eof=True,
        auto_decompress=False,
    )
    final: tuple[RawResponseMessage, StreamReader] | None = None
    try:
        for used_bytes in range(1, len(answer) + 1):
            messages, _, _ = parser.feed_data(answer[used_bytes - 1 : used_bytes])
            for message, body in messages:
                if message.code >= 200 or message.code == 101:
                    final = final or (message, body)
            if final is not None and is_over(final[1]):
                message, body = final
                then = "close" if message.should_close else "keep"
                return f"complete {message.code} {then} {used_bytes}"
        parser.feed_eof()
    except HttpProcessingError:
        return "failed"
    if final is None or final[1].exception() is not None:
        return "failed"
    return f"closed {final[0].code}"


def is_over(body: StreamReader) -> bool:
    """Whether a body has ended, and well."""
    return body is EMPTY_PAYLOAD or (body.is_eof() and body.exception() is None)


def main() -> None:
    """Read all answers of standard input."""
    loop = asyncio.new_event_loop()
    for line in sys.stdin:
        method, text = line.rstrip("\n").split("\t")
        outcome = read(loop, is_head_request=method == "HEAD", answer=bytes.fromhex(text))
        sys.stdout.write(f"{outcome}\n")
    loop.close()


if __name__ == "__main__":
    main()
