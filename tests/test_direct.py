"""What is reached without a socket answers as it does through one, so that nothing is proven of a short cut alone."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from emulators.ec2.server import DropConnection, StrictEc2
from emulators.ec2.store import Members
from emulators.patched_moto import patched
from tests.direct import asked_of, direct
from tests.emulated import empty, emulated

Ask = Callable[[Callable[[str], Any]], Any]
OF_THE_MOMENT = {"RequestId", "HostId", "HTTPHeaders", "RetryAttempts"}
"""What no two answers share."""


def told(url: str, ask: Ask) -> Any:
    """An answer, or the error in its place, as a client that does not ask again has it."""
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    try:
        return stripped(ask(lambda service: boto3.client(service, endpoint_url=url, config=config)))  # type: ignore[call-overload]
    except ClientError as refused:
        return stripped(refused.response)
    except BotoCoreError as failed:
        return type(failed)


def stripped(value: Any) -> Any:
    """An answer without what is of the moment."""
    if isinstance(value, dict):
        return {name: stripped(part) for name, part in value.items() if name not in OF_THE_MOMENT}
    return [stripped(part) for part in value] if isinstance(value, list) else value


def dropped(operation: str, parameters: Members, moment: str) -> None:
    """No answer to one question."""
    if operation == "DescribeSubnets":
        raise DropConnection


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client("ec2").create_vpc(CidrBlock="10.0.0.0/16"),
        lambda client: client("ec2").describe_availability_zones(),
        lambda client: client("ec2").delete_vpc(VpcId="vpc-0"),
        lambda client: client("ec2").describe_subnets(),
        lambda client: client("sts").get_caller_identity(),
        lambda client: client("iam").list_roles(),
        lambda client: client("s3").list_buckets(),
        lambda client: client("s3").head_bucket(Bucket="nothing"),
        lambda client: client("sns").create_topic(Name="ü"),
        lambda client: client("ssm").describe_parameters(),
    ],
)
def test_the_stand_in_answers_the_same(ask: Ask) -> None:
    """Answers, refusals and broken connections, in every protocol."""
    found = []
    for short in (False, True):
        with StrictEc2(clock=lambda: 0.0) as server, direct(server.url, asked_of(server)) if short else nullcontext():
            server.before_reply = dropped
            found.append(told(server.url, ask))
    assert found[0] == found[1]


CONTENT = bytes(range(256))


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    """The emulator, reached directly."""
    with emulated() as url, patched():
        yield url


def stored(client: Callable[[str], Any]) -> Any:
    """An object that was put and is got again, with all that it carries."""
    s3 = client("s3")
    s3.create_bucket(Bucket="holdfast-direct")
    s3.put_object(Bucket="holdfast-direct", Key="a/b c+ü", Body=CONTENT, Metadata={"my_key": "my value"})
    got = s3.get_object(Bucket="holdfast-direct", Key="a/b c+ü")
    return {
        "content": got["Body"].read(),
        "metadata": got["Metadata"],
        "length": s3.head_object(Bucket="holdfast-direct", Key="a/b c+ü")["ContentLength"],
    }


@pytest.mark.parametrize(
    "ask",
    [
        stored,
        lambda client: client("s3").head_bucket(Bucket="nothing"),
        lambda client: client("ec2").describe_availability_zones(),
        lambda client: client("iam").get_role(RoleName="nobody"),
        lambda client: client("ssm").put_parameter(Name="/ü", Value="<&>", Type="String"),
        lambda client: client("cloudfront").list_distributions(),
        lambda client: client("elbv2").describe_load_balancers(Names=["nothing"]),
    ],
)
def test_the_emulator_answers_the_same(emulator: str, ask: Ask) -> None:
    """Answers and refusals in every protocol, bodies and headers with signs of any sort."""
    empty()
    through_a_socket = told(emulator.replace("127.0.0.1", "localhost"), ask)  # by another name it has no short cut
    empty()
    assert through_a_socket == told(emulator, ask)
