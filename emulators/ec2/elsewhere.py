"""Every service of AWS but EC2, as an account that holds nothing: reads are answered empty, writes are refused.

What was asked and how an empty answer looks is read off botocore's models, so that no service needs code of its
own. A read of a single thing is answered with empty fields too, where AWS would say that there is no such thing:
a test that is about such a thing needs a stand-in for its service.
"""

import json
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

from controller.aws.client.models import service_model
from emulators.ec2.store import Fault

READS = ("Describe", "Get", "List")
SIGNED_AS = {
    "elasticloadbalancing": ("elbv2", "elb"),
    "monitoring": ("cloudwatch",),
    "s3express": ("s3",),
    "tagging": ("resourcegroupstaggingapi",),
}
"""The services that sign with another name than botocore calls them by."""


class Request(NamedTuple):
    """One request as it came in."""

    method: str
    target: str
    """Path and query, still encoded."""
    headers: Message
    body: str


class Reply(NamedTuple):
    """The answer to a request, and what the request was taken for."""

    service: str
    operation: str
    error: str | None
    status: int
    text: str
    request_id: str


def reply(request: Request, request_id: str) -> Reply:
    """The answer to a request of any service but EC2."""
    operation = operation_of(request)
    if operation is None:
        named, fault = (signing_name(request.headers), ""), not_served(f"{request.method} {request.target}")
        return _refused(named, fault, request, request_id)
    named, refused = (operation.service_model.service_name, operation.name), refusal_of(operation)
    if refused is not None:
        return _refused(named, refused, request, request_id)
    return Reply(*named, None, 200, empty_answer(operation, _speaks_json(request), request_id), request_id)


def _refused(named: tuple[str, str], fault: Fault, request: Request, request_id: str) -> Reply:
    text = refusal(fault, _speaks_json(request), request_id)
    return Reply(*named, fault.code, fault.http_status, text, request_id)


def signing_name(headers: Message) -> str:
    """The service that a request was signed for, or nothing where it is not signed."""
    scope = re.search(r"Credential=[^,]+/([^/,]+)/aws4_request", headers.get("Authorization", ""))
    return scope[1] if scope else ""


def access_key(headers: Message) -> str:
    """The access key that a request was signed with, or nothing where it is not signed."""
    credential = re.search(r"Credential=([^/,]+)/", headers.get("Authorization", ""))
    return credential[1] if credential else ""


# --- what is asked ---


def operation_of(request: Request) -> OperationModel | None:
    """The operation that a request is for, or nothing where no model has one like it."""
    form = _form(request)
    name = form.get("Action") or request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    for model in _models(signing_name(request.headers)):
        if form.get("Version", model.api_version) != model.api_version:
            continue  # both generations of load balancers sign with the same name
        if name in model.operation_names:
            return model.operation_model(name)
        if not name:
            return _addressed(model, request)
    return None


def _form(request: Request) -> dict[str, str]:
    is_form = request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    return dict(parse_qsl(request.body)) if is_form else {}


def _models(name: str) -> Iterator[ServiceModel]:
    try:
        yield from map(service_model, SIGNED_AS.get(name, (name,)))
    except LookupError:
        return


class Address(NamedTuple):
    """What tells an operation where a protocol names none: method, path, and what has to be beside them."""

    operation: OperationModel
    method: str
    path: re.Pattern[str]
    fixed: int
    """How many characters of the path are no placeholders."""
    query: dict[str, str]
    """Keys that have to be there; with this value unless it is empty."""
    headers: list[str]

    def fits(self, request: Request) -> bool:
        """Whether a request may be meant for it."""
        url = urlsplit(request.target)
        if self.method != request.method or not self.path.fullmatch(url.path):
            return False
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        return all(name in request.headers for name in self.headers) and all(
            key in query and value in ("", query[key]) for key, value in self.query.items()
        )


def _addressed(model: ServiceModel, request: Request) -> OperationModel | None:
    return next((address.operation for address in _addresses(model) if address.fits(request)), None)


@cache
def _addresses(model: ServiceModel) -> list[Address]:
    """All of a REST service, first those that say more; of two that say as much, last the one that is deprecated."""
    is_rest = model.metadata["protocol"].startswith("rest-")
    addresses = [_address(model.operation_model(name)) for name in model.operation_names if is_rest]
    return sorted(
        addresses,
        key=lambda address: (
            -address.fixed,
            -len(address.query) - len(address.headers),
            address.operation.deprecated,
        ),
    )


def _address(operation: OperationModel) -> Address:
    path, _, query = operation.http["requestUri"].partition("?")
    parts = re.split(r"(\{[^}]+\})", path)
    pattern = "".join(_pattern(part) for part in parts)
    fixed = sum(len(part) for part in parts if not part.startswith("{"))
    keys = dict.fromkeys(_required(operation, "querystring"), "") | dict(parse_qsl(query, keep_blank_values=True))
    headers = list(_required(operation, "header"))
    return Address(operation, operation.http["method"], re.compile(f"{pattern}/?"), fixed, keys, headers)


def _pattern(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".+" if part.endswith("+}") else "[^/]+"


def _required(operation: OperationModel, location: str) -> Iterator[str]:
    """The names, on the wire, of the required parameters that stand there."""
    shape = operation.input_shape
    members = {name: shape.members[name] for name in shape.required_members} if shape else {}
    for name, member in members.items():
        said = member.serialization
        if said.get("location") == location:
            yield said.get("name", name)


# --- what is answered ---


def not_served(what: str) -> Fault:
    """The answer to what an account that holds nothing cannot take part in."""
    return Fault("NotServed", message=f"{what} is not served: outside of EC2 there are only empty reads.")


def refusal_of(operation: OperationModel) -> Fault | None:
    """Why an operation is not answered, or nothing where it is."""
    if operation.name.startswith("Head"):
        return Fault("NotFound", 404)
    if operation.name.startswith(READS) and not operation.has_event_stream_output:
        return None
    return not_served(f"{operation.service_model.service_name}:{operation.name}")


def _speaks_json(request: Request) -> bool:
    """A service may speak several protocols: where the request says which, it counts. REST is mostly JSON."""
    if "X-Amz-Target" in request.headers or _form(request):
        return "X-Amz-Target" in request.headers
    model = next(_models(signing_name(request.headers)), None)
    return model is None or model.metadata["protocol"] == "rest-json"


def empty_answer(operation: OperationModel, in_json: bool, request_id: str) -> str:
    """An answer without a single item and without a token that leads on, in the envelope of the protocol."""
    shape: Any = operation.output_shape
    payload = shape.serialization.get("payload") if shape else None
    content = empty(shape.members[payload] if payload else shape) if shape else {}
    if payload and not isinstance(content, dict):
        return ""  # a stream, or a text
    return json.dumps(content) if in_json else _xml(_envelope(operation, content, request_id))


def _envelope(operation: OperationModel, content: dict[str, Any], request_id: str) -> dict[str, Any]:
    """What is around the content in XML. Botocore asks for no name of the root, and REST has its id in a header."""
    root = f"{operation.name}Response"
    if operation.service_model.metadata["protocol"] != "query":
        return {root: content}
    shape = operation.output_shape
    result = {shape.serialization["resultWrapper"]: content} if shape else {}
    return {root: {**result, "ResponseMetadata": {"RequestId": request_id}}}


def empty(shape: Shape) -> Any:
    """The empty value of a shape, by the names of the wire."""
    if isinstance(shape, StructureShape):
        return {
            member.serialization.get("name", name): empty(member)
            for name, member in shape.members.items()
            if _is_shown(name, member, shape)
        }
    return EMPTY.get(shape.type_name, "")


EMPTY: Mapping[str, Any] = {
    "list": [],
    "map": {},
    "boolean": False,
    "timestamp": "1970-01-01T00:00:00Z",  # botocore reads this form in every protocol
    **dict.fromkeys(("integer", "long", "float", "double"), 0),
}
"""The empty values that are not the empty text."""


def _is_shown(name: str, member: Shape, within: StructureShape) -> bool:
    """Collections are shown empty, of all else only what AWS promises; what stands in headers or flat is left out."""
    if "location" in member.serialization or "flattened" in member.serialization:
        return False
    return member.type_name in ("list", "map") or name == "IsTruncated" or name in within.required_members


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{tag}>{_xml(inner)}</{tag}>" for tag, inner in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value == [] else escape(str(value))


def refusal(fault: Fault, in_json: bool, request_id: str) -> str:
    """The whole answer to a request that is not granted. Of the two forms in XML, S3's clients read this one too."""
    if in_json:
        return json.dumps({"__type": fault.code, "message": fault.message})
    error = {"Type": "Sender", "Code": fault.code, "Message": fault.message}
    return _xml({"ErrorResponse": {"Error": error, "RequestId": request_id}})
