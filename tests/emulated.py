"""Moto for the tests: one server in a program, for its own clients without a socket between, see `direct`."""

import logging
import pickle
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Condition
from types import FunctionType
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import Certificate

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


def keep() -> Callable[[], None]:
    """What puts everything back that moto has in its accounts now."""
    from moto.backends import get_backend  # noqa: PLC0415  # see above
    from moto.core.base_backend import BackendDict  # noqa: PLC0415  # see above

    services: list[Any] = BackendDict._instances  # type: ignore[misc]
    kept, shared = BytesIO(), list[Any]()
    _Pickler(kept, shared).dump([(each.service_name, *found) for each in services for found in each.iter_backends()])

    def restore() -> None:
        empty()
        for service, account, region, backend in _Unpickler(BytesIO(kept.getvalue()), shared).load():
            get_backend(service)[account][region] = backend

    return restore


class _Pickler(pickle.Pickler):
    """Leaves aside what cannot be pickled and never changes: keys, certificates, and functions that hold nothing."""

    def __init__(self, file: BytesIO, shared: list[Any]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_id(self, found: Any) -> int | None:
        """The place of such a thing among those that are shared."""
        bare = isinstance(found, FunctionType) and not found.__closure__
        if not bare and not isinstance(found, RSAPrivateKey | Certificate):
            return None
        self.shared.append(found)
        return len(self.shared) - 1

    def reducer_override(self, found: Any) -> Any:
        """A kind of defaultdict that is made by other arguments than a defaultdict, or a lock that nobody holds."""
        if isinstance(found, Condition):
            return Condition, ()
        if isinstance(found, defaultdict) and type(found) is not defaultdict:
            return _defaulting, (type(found), found.default_factory), found.__dict__, None, iter(found.items())
        return NotImplemented


def _defaulting(kind: type[defaultdict[Any, Any]], factory: Callable[[], Any]) -> defaultdict[Any, Any]:
    made = kind.__new__(kind)
    made.default_factory = factory
    return made


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BytesIO, shared: list[Any]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, place: int) -> Any:
        """What is shared."""
        return self.shared[place]


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
