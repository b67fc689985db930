"""One emulator for a worker, mended where it answers unlike AWS."""

from collections.abc import Iterator

import pytest

from controller.cli.emulator import mended
from tests.emulated import emulated


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    """Moto's address."""
    with emulated() as url, mended():
        yield url
