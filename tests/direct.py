"""A stand-in for AWS reached without a network: the same client, the same request, the same answer, half the cost.

Half of what a call to a server in the same program costs is sockets, threads, and HTTP written and read on either
side. `direct` hands the requests that are for one URL to whoever answers there, in the thread that makes them; all
else is botocore's own: how a call becomes a request, how an answer is read, what is tried again. The server
goes on listening, for programs that a test starts and for tests that are about the wire.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from emulators.ec2 import elsewhere
from emulators.ec2.server import OURS, DropConnection, StrictEc2

Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""
Answering = Callable[[AWSPreparedRequest], Answer]

_through_a_socket = URLLib3Session.send
_answering: dict[str, Answering] = {}
"""Who answers for a host and port."""


def _send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
    answering = _answering.get(urlsplit(request.url).netloc)
    if answering is None:
        return _through_a_socket(session, request)
    status, headers, body = answering(request)
    given: Any = headers  # botocore copies them
    return AWSResponse(request.url, status, given, _Body(body))


_short_cut = patch.object(URLLib3Session, "send", _send)


class _Body(BytesIO):
    """The body of an answer in the way botocore takes it from urllib3."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


@contextmanager
def direct(url: str, answering: Answering) -> Iterator[None]:
    """As long as this lasts, what botocore's clients in this program ask of a URL is answered without a socket."""
    if not _answering:
        _short_cut.start()
    _answering[urlsplit(url).netloc] = answering
    try:
        yield
    finally:
        del _answering[urlsplit(url).netloc]
        if not _answering:
            _short_cut.stop()


def body_of(request: AWSPreparedRequest) -> bytes:
    """What a request carries, all of it."""
    body: Any = request.body
    if isinstance(body, str):
        return body.encode()
    return bytes(body.read() if hasattr(body, "read") else body or b"")


def target_of(request: AWSPreparedRequest) -> str:
    """Path and query of a request, as they would stand on its first line."""
    url = urlsplit(request.url)
    return f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"


def headers_of(request: AWSPreparedRequest) -> Iterator[tuple[str, str]]:
    """The headers of a request as text; signing leaves some as bytes."""
    value: Any
    for name, value in request.headers.items():
        yield name, value.decode() if isinstance(value, bytes) else value


def asked_of(server: StrictEc2) -> Answering:
    """The strict stand-in for EC2, with all that its socket says."""

    def answer(request: AWSPreparedRequest) -> Answer:
        headers = Message()
        for name, value in headers_of(request):
            headers[name] = value
        body = body_of(request).decode(errors="replace")
        if elsewhere.signing_name(headers) not in OURS:
            said = server.reply_elsewhere(elsewhere.Request(request.method, target_of(request), headers, body))
            text = "" if request.method == "HEAD" else said.text
            return said.status, _described(text, **{"x-amzn-RequestId": said.request_id}), text.encode()
        try:
            status, text = server.reply(body, elsewhere.access_key(headers))
        except DropConnection:
            raise ConnectionClosedError(endpoint_url=request.url) from None
        return status, _described(text), text.encode()

    return answer


def _described(text: str, **headers: str) -> dict[str, str]:
    kind = "text/xml;charset=UTF-8" if text.startswith("<") else "application/json"
    described = {"Content-Type": kind} if text else {}
    return {**headers, **described, "Content-Length": str(len(text.encode()))}
