"""Of the services beside EC2 there is nothing: every read is answered, empty, and every write is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.response import StreamingBody

from controller.aws.client.models import service_model
from emulators.ec2.elsewhere import READS
from emulators.ec2.server import StrictEc2
from tests.benchmarks.account import connect, refused

SERVICES = [
    *("acm", "autoscaling", "cloudfront", "cloudwatch", "eks", "elb", "elbv2", "iam", "logs", "rds"),
    *("resourcegroupstaggingapi", "route53", "s3", "secretsmanager", "sns", "ssm"),
]
STREAMS = {"GetLogObject"}
"""A stream of events is not an answer that could be empty."""
SAME_ADDRESS = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "ListDirectoryBuckets": "ListBuckets",
}
"""S3's operations that nothing in a request tells from others but the host, which is always this machine."""


def reads(service: str) -> Iterator[OperationModel]:
    """Every read of a service that has an answer."""
    model = service_model(service)
    names = [name for name in model.operation_names if name.startswith(READS)]
    return (model.operation_model(name) for name in names if name not in STREAMS)


def sample(shape: Any) -> Any:
    """A value that botocore takes for this shape: what is required, and no more."""
    least = int(shape.metadata.get("min", 1))
    match shape.type_name:
        case "structure":
            needed = shape.required_members or list(shape.members)[: int(shape.is_tagged_union)]
            return {name: sample(shape.members[name]) for name in needed}
        case "list":
            return [sample(shape.member)] * max(least, 1)
        case "map":
            return {sample(shape.key): sample(shape.value)}
        case "string":
            return shape.enum[0] if shape.enum else "x" * max(least, 3)
    return {"blob": b"x", "boolean": True, "timestamp": 0}.get(shape.type_name, least)


def contents(value: Any, path: str = "") -> Iterator[str]:
    """Where in an answer there is more than empty texts, zeros and the beginning of time."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from contents(inner, f"{path}.{name}")
    elif isinstance(value, StreamingBody):
        yield from contents(value.read(), path)
    elif value and value != datetime.fromtimestamp(0, UTC):
        yield path


def asked(client: Any, operation: OperationModel) -> list[dict[str, Any]]:
    """All pages of the answer, without what botocore tells of the answer."""
    method = next(method for method, name in client.meta.method_to_api_mapping.items() if name == operation.name)
    parameters = sample(operation.input_shape) if operation.input_shape else {}
    if client.can_paginate(method):
        pages = list(client.get_paginator(method).paginate(**parameters))
    else:
        pages = [getattr(client, method)(**parameters)]
    return [{name: value for name, value in page.items() if name != "ResponseMetadata"} for page in pages]


@pytest.mark.parametrize("service", SERVICES)
def test_every_read_is_answered_empty(server: StrictEc2, service: str) -> None:
    """Botocore's client gets one page without an item or a token; the request is taken for what it was."""
    client, operations = connect(server, service), list(reads(service))
    found = {operation.name: asked(client, operation) for operation in operations}
    assert {name: (1, []) for name in found} == {
        name: (len(pages), list(contents(pages[0]))) for name, pages in found.items()
    }
    taken = [(service, SAME_ADDRESS.get(each.name, each.name), None) for each in operations]
    assert taken == [each[:3] for each in server.elsewhere]


WRITES = [
    ("acm", "delete_certificate", {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/none"}),
    ("cloudfront", "delete_distribution", {"Id": "E1", "IfMatch": "E2"}),
    ("eks", "delete_cluster", {"name": "none"}),
    ("elb", "delete_load_balancer", {"LoadBalancerName": "none"}),
    ("elbv2", "delete_load_balancer", {"LoadBalancerArn": "none"}),
    ("iam", "create_user", {"UserName": "new"}),
    ("s3", "create_bucket", {"Bucket": "new-bucket"}),
    ("s3", "put_object", {"Bucket": "new-bucket", "Key": "a/b c", "Body": b"\xff\x00"}),
    ("s3", "delete_object", {"Bucket": "new-bucket", "Key": "a/b c"}),
    ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:none", "Message": "hello"}),
    ("ssm", "put_parameter", {"Name": "/new", "Value": "value"}),
]


@pytest.mark.parametrize(("service", "method", "parameters"), WRITES)
def test_a_write_is_refused(server: StrictEc2, service: str, method: str, parameters: dict[str, Any]) -> None:
    """The refusal names itself, the operation and the request; the connection goes on to serve the next one."""
    client = connect(server, service)
    assert "NotServed" == refused(getattr(client, method), **parameters)
    with pytest.raises(ClientError) as error:
        getattr(client, method)(**parameters)
    operation, answer = client.meta.method_to_api_mapping[method], error.value.response
    assert ("NotServed", 400) == (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"])
    assert f"{service}:{operation} is not served" in answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["RequestId"] == server.elsewhere[-1].request_id
    assert [(service, operation, "NotServed")] * 2 == [each[:3] for each in server.elsewhere]


def test_a_bucket_that_is_looked_for_is_not_there(server: StrictEc2) -> None:
    """The one kind of read that has no text to be empty says 404, as AWS does where there is no such thing."""
    s3 = connect(server, "s3")
    assert ["404", "404"] == [refused(s3.head_bucket, Bucket="none"), refused(s3.head_object, Bucket="none", Key="k")]


def test_a_stream_is_refused(server: StrictEc2) -> None:
    """A stream of events has no empty form that a client reads."""
    logs = connect(server, "logs")
    logs.meta.events.register("before-call", lambda params, **_: params.update(url=f"{server.url}/"))
    assert "NotServed" == refused(logs.get_log_object, logObjectPointer="none")


@pytest.mark.parametrize(("service", "method"), [("sqs", "list_queues"), ("lambda", "list_functions")])
def test_services_need_no_code_of_their_own(server: StrictEc2, service: str, method: str) -> None:
    """Whatever service signs with the name that botocore knows it by is answered as well."""
    pages = {**getattr(connect(server, service), method)(), "ResponseMetadata": {}}
    assert [] == list(contents(pages))


@pytest.mark.parametrize(("service", "method"), [("efs", "describe_file_systems"), ("emr", "list_clusters")])
def test_an_unknown_service_is_refused(server: StrictEc2, service: str, method: str) -> None:
    """A service that signs with a name that is not known here is told so, in its own protocol."""
    assert "NotServed" == refused(getattr(connect(server, service), method))


def test_other_services_are_counted_and_told_apart(server: StrictEc2, ec2: Any) -> None:
    """A count is by operation, whatever the service; the record of EC2's calls has none of another service."""
    ec2.describe_vpcs()
    for service in ("elb", "elbv2"):
        connect(server, service).describe_load_balancers()
    assert ["DescribeVpcs"] == [call.operation for call in server.calls]
    assert ["elb", "elbv2"] == [each.service for each in server.elsewhere]
    assert {"DescribeVpcs": 1, "DescribeLoadBalancers": 2} == server.counted()["requests"]
