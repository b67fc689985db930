"""One emulator for a worker, patched where it answers unlike AWS."""

from collections.abc import Iterator

import pytest

from emulators.patched_moto import patched
from tests.emulated import emulated


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    """Moto's address."""
    with emulated() as url, patched():
        yield url
