"""Moto for the tests: one server in a program, for its own clients without a socket between, see `direct`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest

from tests.direct import Answer, Answering, body_of, direct


@contextmanager
def emulated() -> Iterator[str]:
    """The address of a server in a thread, which answers this program directly."""
    with pytest.MonkeyPatch.context() as settings:  # moto reads them when it is imported
        settings.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        from moto.server import ThreadedMotoServer  # noqa: PLC0415  # half a second, for those that need it

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        with direct(url, asked_of_moto()):
            yield url
        server.stop()


def empty() -> None:
    """Nothing stays but what every account has."""
    from moto.moto_api._internal.models import moto_api_backend  # noqa: PLC0415  # see above

    moto_api_backend.reset()


def asked_of_moto() -> Answering:
    """The same application that the server serves; what it keeps is the program's."""
    from moto.core.request import Request  # noqa: PLC0415  # see above
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

    application = DomainDispatcherApplication(create_backend_app)

    def answer(request: AWSPreparedRequest) -> Answer:
        said: list[Any] = []
        arrived = Request.from_primitives(request.method, request.url, request.headers, body_of(request))
        pages = application(arrived.environ, lambda status, headers, error=None: said.extend((status, headers)))
        body = b"".join(pages)
        pages.close()
        status, headers = said
        return int(status.split()[0]), dict(headers), b"" if request.method == "HEAD" else body

    return answer
