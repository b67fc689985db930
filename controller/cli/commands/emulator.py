"""The demo's emulator as a command, for whoever wants to try documents, or to work on a kind."""

import shlex
from argparse import Namespace

from rich.text import Text

from controller.cli.wiring import Parts, stopping
from controller.report.server import parse_address
from emulators.patched_moto import CREDENTIALS, HOST, emulator


def emulate(arguments: Namespace, parts: Parts) -> int:
    """Serve an empty account until told to stop. What to set, to be led to it, is printed for a shell."""
    host, port = parse_address(arguments.address)
    stop = parts.controller.stop
    with stopping(stop), emulator(host or HOST, port) as url:
        settings = {"AWS_ENDPOINT_URL": url, **CREDENTIALS, "AWS_DEFAULT_REGION": "us-east-1"}
        for name, value in settings.items():
            parts.out.print(Text(f"export {name}={shlex.quote(value)}"), soft_wrap=True)
        parts.out.file.flush()
        stop.wait()
    return 0
