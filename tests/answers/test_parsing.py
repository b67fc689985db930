"""What AWS really answered is read as botocore reads it, written back into the form in which it came."""

import json
from typing import Any

import pytest

from controller.aws.client.models import service_model
from tests.answers.recordings import Recording, recordings
from tests.aws.test_parser import exactly, ours, stock
from tests.aws.xml_answers import written

XML = ("ec2", "query", "rest-xml")
WRITTEN = [each for each in recordings() if service_model(each.service).metadata["protocol"] in XML]


def shown(value: Any) -> Any:
    """A value without its empty parts, which XML leaves out; boto3 reads IAM's policies, which are texts here."""
    if isinstance(value, str) and value.startswith('{"'):
        return shown(json.loads(value))
    if isinstance(value, dict):
        parts = {name: shown(each) for name, each in value.items()}
        return {name: each for name, each in parts.items() if each not in ([], {}, None)}
    return [shown(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("recording", WRITTEN, ids=lambda each: each.label)
def test_read_as_botocore_reads_it(recording: Recording) -> None:
    """The same values of the same types, and they are those that were recorded."""
    body = written(recording.service, recording.operation, recording.answer)
    read = ours(recording.service, recording.operation, body)
    assert exactly(stock(recording.service, recording.operation, body)) == exactly(read)
    inside = {n for n, each in recording.shape.members.items() if "location" not in each.serialization}
    assert shown({n: each for n, each in read.items() if n in inside}) == shown(
        {n: each for n, each in recording.answer.items() if n in inside}
    )
