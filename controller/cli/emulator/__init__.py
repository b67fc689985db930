"""An AWS of our own for the demo: moto's server on the loopback interface, mended where it answers unlike AWS."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from controller.cli.emulator.mending import mended
from controller.core.model.cloud import HoldfastError

__all__ = ["CREDENTIALS", "HOST", "emulator", "mended"]

HOST = "127.0.0.1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "demo", "AWS_SECRET_ACCESS_KEY": "demo"}
_SETTINGS = {
    **CREDENTIALS,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # hundreds of images that each listing would walk through
    "NO_PROXY": HOST,
    "no_proxy": HOST,
}


@contextmanager
def emulator() -> Iterator[str]:
    """moto's server on a free port, and this program's AWS settings pointed at it and nothing else.

    Raises `HoldfastError` when the extra `demo` is not installed.
    """
    before = dict(os.environ)
    _forget_the_real_one()  # before moto is imported, for it reads the settings too
    try:
        with _server() as endpoint, mended():
            os.environ["AWS_ENDPOINT_URL"] = endpoint
            yield endpoint
    finally:
        os.environ.clear()
        os.environ.update(before)


def _forget_the_real_one() -> None:
    """No setting of the real AWS stays: a profile or an endpoint of one service would lead past the emulator."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(_SETTINGS)


@contextmanager
def _server() -> Iterator[str]:
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        raise HoldfastError("the demo needs the emulator: pip install 'holdfast[demo]'") from None
    # The emulator's web server logs each request; that is not part of the story.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()
