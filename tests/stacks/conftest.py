"""One emulator for a worker, mended where it answers unlike AWS."""

import logging
import urllib.request
from collections.abc import Iterator

import pytest

from controller.cli.emulator import mended


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    """Moto's server in a thread."""
    with pytest.MonkeyPatch.context() as settings:  # moto reads them when it is imported
        settings.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        from moto.server import ThreadedMotoServer  # noqa: PLC0415  # half a second, for those that need it

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        with mended():
            yield f"http://{host}:{port}"
        server.stop()


def empty(url: str) -> None:
    """Nothing stays but what every account has."""
    request = urllib.request.Request(f"{url}/moto-api/reset", method="POST")  # noqa: S310  # loopback
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310  # loopback
