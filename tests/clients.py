"""Botocore's clients, kept from test to test: to make those that one look needs takes longer than the look."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from botocore.client import BaseClient

from controller.aws.client.cloud import AwsCloud

_kept: dict[tuple[object, ...], BaseClient] = {}
_made = AwsCloud._client


def _client(cloud: AwsCloud, service: str) -> BaseClient:
    settings = sorted(each for each in os.environ.items() if each[0].startswith("AWS_"))
    about = (service, cloud.region, cloud._session.profile, *settings)
    if about not in _kept:
        _kept[about] = _made(cloud, service)
    return cloud._clients.setdefault(service, _kept[about])


@contextmanager
def kept_clients() -> Iterator[None]:
    """As long as this lasts, one client serves all who want the same service, with the same settings of AWS."""
    with patch.object(AwsCloud, "_client", _client):
        yield
