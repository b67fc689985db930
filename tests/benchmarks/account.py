"""What the tests of the stand-in do with an account: connect to it, make things in it, be refused."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulators.ec2.server import StrictEc2

Members = dict[str, Any]


@cache
def session() -> boto3.Session:
    """One for all tests: reading AWS's model of EC2 takes longer than most of them."""
    return boto3.Session()


def connect(server: StrictEc2, service: str = "ec2") -> Any:
    """An unmodified client that does not retry, so that a test sees every answer."""
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10)
    return session().client(service, endpoint_url=server.url, config=config)  # type: ignore[call-overload]


def refused(call: Callable[..., object], **parameters: Any) -> str:
    """The code of the error that a call is answered with."""
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def new_vpc(ec2: Any, block: str = "10.0.0.0/16") -> str:
    return str(ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"])


def new_subnet(ec2: Any, vpc: str, block: str = "10.0.1.0/24", zone: str = "us-east-1a") -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
    return str(made["Subnet"]["SubnetId"])


def new_gateway(ec2: Any, vpc: str) -> str:
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return str(gateway)


def new_nat(ec2: Any, subnet: str) -> tuple[str, str]:
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]
    return nat["NatGatewayId"], address


def new_table(ec2: Any, vpc: str) -> str:
    return str(ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])


def new_group(ec2: Any, vpc: str, name: str = "web") -> str:
    return str(ec2.create_security_group(VpcId=vpc, GroupName=name, Description="a group")["GroupId"])


def tcp(port: int, **source: Any) -> list[Members]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}]


def from_group(group: str) -> Members:
    return {"UserIdGroupPairs": [{"GroupId": group}]}


def from_range(block: str, **more: str) -> Members:
    return {"IpRanges": [{"CidrIp": block, **more}]}


def routes(ec2: Any, table: str) -> dict[str, Members]:
    found = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return {route.get("DestinationCidrBlock") or route["DestinationPrefixListId"]: route for route in found}


def states(ec2: Any) -> list[str]:
    return [nat["State"] for nat in ec2.describe_nat_gateways()["NatGateways"]]
