"""What botocore's service models know: no client, no network, no credentials.

The planner asks which parameters a call takes and whether a planned call is well formed; the client asks how
a listing goes on and which values must not be repeated. The largest model takes 0.3 s to read: each is read
once.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader, create_loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

_reading = threading.Lock()
_models: dict[str, ServiceModel] = {}


@cache
def shared_loader() -> Loader:
    """The program's only loader: it keeps what it has read, so a further session costs 5 MB and not 54."""
    return create_loader()


def service_model(service: str) -> ServiceModel:
    """The model of a service. Raises `LookupError` when botocore does not know it."""
    with _reading:
        if service not in _models:
            try:
                description = shared_loader().load_service_model(service, "service-2")
            except UnknownServiceError:
                raise LookupError(f"AWS has no service {service}") from None
            _models[service] = ServiceModel(description, service)
        return _models[service]


def operation_exists(service: str, operation: str) -> bool:
    """Whether AWS has this operation, spelled `CreateVpc`."""
    try:
        return operation in service_model(service).operation_names
    except LookupError:
        return False


def input_members(service: str, operation: str) -> frozenset[str]:
    """The names of an operation's parameters. Raises `LookupError` when there is no such operation."""
    shape = operation_model(service, operation).input_shape
    return frozenset(shape.members) if isinstance(shape, StructureShape) else frozenset()


@cache
def page_size_of(service: str, operation: str) -> str:
    """The parameter that takes the size of a page of a listing; empty where botocore's paginators know of none."""
    try:
        pages = shared_loader().load_service_model(service, "paginators-1")["pagination"]
    except UnknownServiceError:
        return ""
    return str(pages.get(operation, {}).get("limit_key", ""))


@cache
def token_of(service: str, operation: str) -> str:
    """The path of the parameter by which AWS knows a repeated call; empty where it knows none.

    Not every model flags it. Raises `LookupError` when there is no such operation.
    """
    model = operation_model(service, operation)
    if model.idempotent_members:
        return str(model.idempotent_members[0])
    named = (path for path in _members(model.input_shape) if path.rpartition(".")[2].lower() in _CALLER_TOKENS)
    return next(named, "")


_CALLER_TOKENS = frozenset(
    {"clienttoken", "clientrequesttoken", "idempotencytoken", "creationtoken", "callerreference"}
)
_DEPTH = 3
"""CloudFront's reference stands in the third structure."""


def _members(shape: Shape | None, depth: int = _DEPTH) -> Iterator[str]:
    """The paths of the parameters, those of the outer structures first."""
    members = shape.members if isinstance(shape, StructureShape) and depth else {}
    yield from members
    for name, inner in members.items():
        yield from (f"{name}.{path}" for path in _members(inner, depth - 1))


def output_shape(service: str, operation: str) -> Shape | None:
    """The shape of an answer, or nothing. Raises `LookupError` when there is no such operation."""
    return operation_model(service, operation).output_shape


def secrets_in(shape: Shape | None, value: Any, secret: bool = False) -> Iterator[str]:
    """Every text in the parameters that AWS's model marks as sensitive, or whose name says so."""
    if shape is None:
        return
    secret = secret or bool(shape.metadata.get("sensitive"))
    if isinstance(value, str) and value and secret:
        yield value
    for name, inner, item in _parts(shape, value):
        yield from secrets_in(inner, item, secret or bool(_SECRET.search(name)))


def continuation(model: OperationModel) -> tuple[str, tuple[str, ...]] | None:
    """How a listing without a botocore paginator goes on: the parameter, and the path to it in the answer."""
    input_shape, answer = model.input_shape, model.output_shape
    if not isinstance(input_shape, StructureShape) or not isinstance(answer, StructureShape):
        return None
    for parameter, token in _TOKENS:
        if parameter in input_shape.members:
            for path, shape in _structures(answer):
                if token in shape.members:
                    return parameter, (*path, token)
    return None


# CloudFront and Route 53 also answer with the marker they were asked with: the next one is looked for first.
_TOKENS = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("NextMarker", "NextMarker"),
    ("Marker", "NextMarker"),
    ("Marker", "Marker"),
)
_SECRET = re.compile("password|secret|private_?key|auth_?token", re.IGNORECASE)


def _parts(shape: Shape, value: Any) -> Iterator[tuple[str, Shape, Any]]:
    """What a value of this shape is made of; nothing when the value is of another form."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        yield from ((name, member, value.get(name)) for name, member in shape.members.items())
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        yield from ((str(name), shape.value, item) for name, item in value.items())
    elif isinstance(shape, ListShape) and isinstance(value, list | tuple):
        yield from (("", shape.member, item) for item in value)


def _structures(shape: StructureShape) -> Iterator[tuple[tuple[str, ...], StructureShape]]:
    yield (), shape
    for name, member in shape.members.items():
        if isinstance(member, StructureShape):
            yield (name,), member


def operation_model(service: str, operation: str) -> OperationModel:
    """The model of an operation. Raises `LookupError` when there is no such operation."""
    model = service_model(service)
    if operation not in model.operation_names:
        raise LookupError(f"AWS has no operation {service}:{operation}")
    return model.operation_model(operation)
