"""An AWS of our own for the demo: moto's server on the loopback interface, patched where it answers unlike AWS."""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from controller.core.model.cloud import HoldfastError
from emulators.patched_moto.patching import patched

__all__ = ["CREDENTIALS", "HOST", "emulator", "patched"]
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
def emulator(host: str = HOST, port: int = 0) -> Iterator[str]:
    """moto's server, on a free port unless one is given, and this program's AWS settings pointed at it alone.

    Yields its address as a URL. Raises `HoldfastError` when the extra `demo` is not installed, or
    it cannot listen there.
    """
    before = dict(os.environ)
    _forget_the_real_one()  # before moto is imported, for it reads the settings too
    try:
        with _server(host, port) as endpoint, patched():
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
def _server(host: str, port: int) -> Iterator[str]:
    try:
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server
    except ImportError:
        raise HoldfastError("the emulator needs moto: pip install 'holdfast[demo]'") from None
    # The emulator's web server logs each request; that is not part of the story.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    with _listener(host, port) as listener:
        port = listener.getsockname()[1]
        handler, taken = MotoRequestHandler, listener.fileno()
        server = make_server(host, port, application, threaded=True, request_handler=handler, fd=taken)
    thread = threading.Thread(target=server.serve_forever, name="emulator", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listener(host: str, port: int) -> socket.socket:
    """A socket of our own: werkzeug ends the program where the port is taken."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise HoldfastError(f"cannot listen on {host}:{port}: {reason}; choose another with --address") from error
