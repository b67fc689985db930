"""Requests and answers as AWS's protocols write them, read by AWS's own models."""

import json
import re
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from botocore.awsrequest import HeadersDict
from botocore.exceptions import UnknownServiceError
from botocore.parsers import create_parser
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request as HttpRequest
from moto.core.request import determine_request_protocol
from moto.core.routing import ServiceOperationRouter, get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class
from werkzeug.exceptions import HTTPException

Tree = dict[str, Any]

_SCOPE = re.compile(r"Credential=[^/,]+/\d+/([^/]+)/([^/]+)/aws4_request")
_SIGNED_AS = {
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "email": "ses",
    "elasticfilesystem": "efs",
    "tagging": "resourcegroupstaggingapi",
}
"""Services that sign with another name than botocore knows them by."""


class Raw(NamedTuple):
    """A request as it arrives."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """An answer as it leaves."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Refusal(NamedTuple):
    """An error that AWS answers with."""

    code: str
    status: int
    message: str


class Asked(NamedTuple):
    """A request that was understood. One that was not has no operation model, and is passed on as it is."""

    region: str
    service: str
    operation: str
    parameters: Tree
    protocol: str = ""
    model: OperationModel | None = None


def read(raw: Raw) -> Asked:
    """What a request asks for: the service by its signature, the operation and the parameters by AWS's model."""
    scope = _SCOPE.search(raw.headers.get("Authorization", ""))
    region, signed_as = scope.groups() if scope else ("", "")
    service = _service(signed_as, raw.body)
    unread = Asked(region, service, raw.target.split("?")[0].rpartition("/")[2], {})
    router = _router(service)
    if router is None:
        return unread
    request = HttpRequest.from_primitives(raw.method, f"http://aws{raw.target}", raw.headers, raw.body)
    try:
        operation, labels = router.match(request)
        protocol = determine_request_protocol(operation.service_model, request.content_type)
    except (HTTPException, NotImplementedError):
        return unread
    return Asked(
        region, service, operation.name, _parameters(protocol, operation, request, labels), protocol, operation
    )


def parse(asked: Asked, reply: Reply) -> Tree:
    """The members of an answer that was granted."""
    model = _understood(asked)
    response = {"status_code": reply.status, "headers": HeadersDict(reply.headers.items()), "body": reply.body}
    shape: Any = model.output_shape  # an answer without members has none, which the parser knows
    answer: Tree = create_parser(asked.protocol).parse(response, shape)
    return answer


def write(asked: Asked, answer: Tree, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer of these members; headers, which carry members too in some protocols, are those given."""
    context = SerializationContext(answer.get("ResponseMetadata", {}).get("RequestId") or str(uuid.uuid4()))
    serializer = get_serializer_class(asked.service, asked.protocol)(_understood(asked), context)
    written = serializer.serialize({name: value for name, value in answer.items() if name != "ResponseMetadata"})
    return Reply(written["status_code"], headers or written["headers"], str(written["body"]).encode())


def refuse(asked: Asked, refusal: Refusal) -> Reply:
    """An error in the words of the service's protocol."""
    code, status, message = refusal
    if "json" in asked.protocol:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amzn-Errortype": code}
        return Reply(status, headers, json.dumps({"__type": code, "message": message}).encode())
    error = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    around = (
        "<Response><Errors>{}</Errors></Response>" if asked.protocol == "ec2" else "<ErrorResponse>{}</ErrorResponse>"
    )
    text = error if asked.service == "s3" else around.format(error)
    return Reply(status, {"Content-Type": "text/xml"}, text.encode())


def _service(signed_as: str, body: bytes) -> str:
    if signed_as == "elasticloadbalancing":
        return "elbv2" if b"Version=2015-12-01" in body else "elb"
    return _SIGNED_AS.get(signed_as, signed_as)


@cache
def _router(service: str) -> ServiceOperationRouter | None:
    try:
        return get_service_router(service) if service else None
    except UnknownServiceError:
        return None


def _parameters(protocol: str, operation: OperationModel, request: HttpRequest, labels: Mapping[str, Any]) -> Tree:
    parser: Any = PROTOCOL_PARSERS[protocol]
    parsed: Tree = parser(operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": labels,
        }
    )
    return {name: value for name, value in parsed.items() if name not in ("Action", "Version")}


def _understood(asked: Asked) -> OperationModel:
    assert asked.model is not None, f"{asked.service} {asked.operation} was not understood"
    return asked.model
