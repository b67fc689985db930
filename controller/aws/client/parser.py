"""A response parser for botocore that is compiled once for each answer's shape.

Botocore walks its model anew for every element of every answer, which is nearly all the cost of a page of a
thousand things. Here the model is walked once, and leaves closures that read a parsed XML tree. The results
are equal to botocore's own. Errors, streams and whatever a closure does not expect are left to botocore. What is
not the operation's answer at all is told by `answers.py`, before anything is read from it.

`client.py` registers `PageParserFactory` with its sessions as the component `response_parser_factory`.
"""

import threading
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.parsers import ResponseParser, ResponseParserFactory
from botocore.utils import lowercase_dict, parse_timestamp

from controller.aws.client.answers import CHECKS, Check, Foreign, namespace_of

Walk = Callable[[Element], Any]

LARGE_BYTES = 256 * 1024
LARGE_AT_ONCE = 2
"""An answer's tree takes many times its bytes: more at a time would double the program's memory."""

_large_pages = threading.BoundedSemaphore(LARGE_AT_ONCE)
_UTC = parse_timestamp("1970-01-01T00:00:00Z").tzinfo
"""The very object that botocore gives to its times."""


class Unusual(Exception):
    """Something the walk was not compiled for; botocore's own parser is asked instead."""


class PageParserFactory(ResponseParserFactory):
    """Gives a session's clients a parser of ours for each protocol, and caps large answers in all."""

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=timestamp)
        self._parsers: dict[str, ResponseParser] = {}

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """The parser of a protocol; the same one every time, as it keeps what it has compiled."""
        parser = self._parsers.get(protocol_name)
        if parser is None:
            stock = super().create_parser(protocol_name)
            made = PageParser(stock, CHECKS[protocol_name], _ENVELOPES.get(protocol_name))
            parser = self._parsers.setdefault(protocol_name, made)
        return parser


class PageParser(ResponseParser):
    """Parses what is the operation's answer with its compiled walk, or else with the parser it was given."""

    def __init__(self, stock: ResponseParser, check: Check, envelope: "Envelope | None") -> None:
        super().__init__()
        self._stock = stock
        self._check = check
        self._envelope = envelope
        self._walks: dict[tuple[Shape, str], Walk] = {}
        self._left_to_stock: set[Shape] = set()

    def parse(self, response: Mapping[str, Any], shape: Shape) -> Any:
        """What botocore's parser would return; at most `LARGE_AT_ONCE` large answers at a time.

        Raises `ResponseParserError` for what is not the operation's answer, whatever is wrong with it.
        """
        with _place_for(response["body"]):
            try:
                if response["status_code"] >= 300:
                    return _without_a_made_up_code(self._stock.parse(response, shape), response)
                return self._answer(response, shape)
            except (ArithmeticError, AttributeError, LookupError, ParseError, TypeError, ValueError) as error:
                raise Foreign(f"the response cannot be parsed: {type(error).__name__}") from None

    def _answer(self, response: Mapping[str, Any], shape: Shape) -> Any:
        if not isinstance(response["body"], bytes):
            return self._stock.parse(response, shape)  # a stream: whoever reads it sees what it is
        operation = response["context"]["operation_name"]
        if not (operation.startswith("Head") or _whole(response)):
            raise Foreign("the response was cut off")
        root = self._check(operation, shape, response)
        if root is not None and self._envelope is not None and self._is_usual(response, shape):
            try:
                return self._walked(self._envelope, root, response, shape)
            except (Unusual, ValueError):
                pass  # botocore's parser knows more cases, and what to raise for the rest
        return self._stock.parse(response, shape)

    def _is_usual(self, response: Mapping[str, Any], shape: Shape | None) -> bool:
        return shape is not None and shape not in self._left_to_stock and not response["context"].get("checksum")

    def _walked(
        self, envelope: "Envelope", root: Element, response: Mapping[str, Any], shape: Shape
    ) -> dict[str, Any]:
        namespace = namespace_of(root.tag)
        walk = self._walk(envelope, shape, namespace)
        parsed: dict[str, Any] = walk(envelope.content(root, namespace, shape))
        member = shape.serialization.get("payload")
        if member:
            parsed = {member: parsed}
        metadata = envelope.metadata(root, namespace, response["headers"])
        metadata["HTTPStatusCode"] = response["status_code"]
        metadata["HTTPHeaders"] = lowercase_dict(response["headers"])
        parsed["ResponseMetadata"] = metadata
        return parsed

    def _walk(self, envelope: "Envelope", shape: Shape, namespace: str) -> Walk:
        walk = self._walks.get((shape, namespace))
        if walk is None:
            try:
                walk = _compiled(envelope.body(shape), namespace, frozenset())
            except Unusual:
                self._left_to_stock.add(shape)
                raise
            self._walks[shape, namespace] = walk
        return walk


class Envelope:
    """Where one protocol keeps an answer's content and metadata. This one is EC2's."""

    def body(self, shape: Shape) -> Shape:
        """The shape of the content. Raises `Unusual` when the content is not all there is."""
        return shape

    def content(self, root: Element, namespace: str, shape: Shape) -> Element:
        """The element that holds the content."""
        return root

    def metadata(self, root: Element, namespace: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """The answer's own metadata, chiefly the request id."""
        request_id = root.find(f"{namespace}requestId")
        return {} if request_id is None else {"RequestId": request_id.text}


class _Query(Envelope):
    def content(self, root: Element, namespace: str, shape: Shape) -> Element:
        wrapper = shape.serialization.get("resultWrapper")
        element = root.find(f"{namespace}{wrapper}") if wrapper else root
        if element is None:
            raise Unusual
        return element

    def metadata(self, root: Element, namespace: str, headers: Mapping[str, str]) -> dict[str, Any]:
        element = root.find(f"{namespace}ResponseMetadata")
        return {} if element is None else {child.tag.removeprefix(namespace): child.text for child in element}


class _RestXml(Envelope):
    def body(self, shape: Shape) -> Shape:
        payload = shape.serialization.get("payload")
        if payload is None or not isinstance(shape, StructureShape):
            return shape
        if len(shape.members) > 1 or not isinstance(shape.members[payload], StructureShape):
            raise Unusual  # members in headers, or a stream
        return shape.members[payload]

    def metadata(self, root: Element, namespace: str, headers: Mapping[str, str]) -> dict[str, Any]:
        if "x-amzn-requestid" in headers:
            return {"RequestId": headers["x-amzn-requestid"]}
        if "x-amz-request-id" in headers:
            return {"RequestId": headers["x-amz-request-id"], "HostId": headers.get("x-amz-id-2", "")}
        return {}


_ENVELOPES = {"ec2": Envelope(), "query": _Query(), "rest-xml": _RestXml()}


def timestamp(value: Any) -> datetime:
    """What botocore's own function returns, ten times as fast for the form that AWS's XML uses."""
    if isinstance(value, str) and len(value) in (20, 24) and value[7::3][:2] == "-T" and value[-1] == "Z":
        try:
            return datetime.fromisoformat(value[:-1]).replace(tzinfo=_UTC)
        except ValueError:
            pass
    return parse_timestamp(value)


def _place_for(body: Any) -> AbstractContextManager[Any]:
    large = isinstance(body, bytes) and len(body) > LARGE_BYTES
    return _large_pages if large else nullcontext()


def _whole(response: Mapping[str, Any]) -> bool:
    """Whether the body has the length that was announced; that of a HEAD is of what it leaves out."""
    announced = response["headers"].get("content-length")
    return announced is None or int(announced) == len(response["body"])


def _without_a_made_up_code(parsed: Any, response: Mapping[str, Any]) -> Any:
    """An error answer without the code that botocore makes of the status where none is said.

    Only an answer that can have no body may say "not found" by its status alone.
    """
    error = parsed.get("Error", {})
    if error.get("Code") == "404" and not response["context"]["operation_name"].startswith("Head"):
        del error["Code"]
    return parsed


def _compiled(shape: Shape, namespace: str, within: frozenset[str]) -> Walk:
    """The walk of a shape in a namespace. Raises `Unusual` for what only botocore's parser knows."""
    if shape.name in within:
        raise Unusual  # a shape that holds itself
    within |= {shape.name}
    if isinstance(shape, StructureShape):
        return _structure(shape, namespace, within)
    if isinstance(shape, ListShape):
        return _list(_compiled(shape.member, namespace, within))
    if isinstance(shape, MapShape):
        return _map(shape, namespace, within)
    return _SCALARS[shape.type_name]


def _structure(shape: StructureShape, namespace: str, within: frozenset[str]) -> Walk:
    if shape.is_tagged_union or shape.is_document_type:
        raise Unusual
    single: dict[str, tuple[str, Walk]] = {}
    repeated: dict[str, tuple[str, Walk]] = {}
    for name, member in shape.members.items():
        flat = bool(member.serialization.get("flattened"))
        tag = namespace + _element_name(name, member, flat)
        if tag in single or tag in repeated:
            raise Unusual
        inner = member.member if flat and isinstance(member, ListShape) else member
        (repeated if flat else single)[tag] = (name, _compiled(inner, namespace, within))
    return _structure_walk(single, repeated, namespace)


def _structure_walk(
    single: dict[str, tuple[str, Walk]], repeated: dict[str, tuple[str, Walk]], namespace: str
) -> Walk:
    def walk(node: Element) -> dict[str, Any]:
        parsed: dict[str, Any] = {}
        for child in node:
            tag = child.tag
            if tag in single:
                name, read = single[tag]
                if name in parsed:
                    raise Unusual
                parsed[name] = read(child) if read is not _text else child.text or ""
            elif tag in repeated:
                name, read = repeated[tag]
                parsed.setdefault(name, []).append(read(child))
            elif namespace_of(tag) != namespace:
                raise Unusual
        return parsed

    return walk


def _element_name(name: str, member: Shape, flat: bool) -> str:
    said = member.serialization
    if any(key in said for key in ("location", "xmlAttribute", "streaming", "eventstream", "eventheader")):
        raise Unusual
    if flat:
        if not isinstance(member, ListShape):
            raise Unusual  # a flattened map
        name = member.member.serialization.get("name") or said.get("name") or name
        return str(name)
    return str(said.get("name") or name)


def _list(read: Walk) -> Walk:
    if read is _text:
        return lambda node: [child.text or "" for child in node]
    return lambda node: [read(child) for child in node]


def _map(shape: MapShape, namespace: str, within: frozenset[str]) -> Walk:
    key_tag = namespace + shape.key.serialization.get("name", "key")
    value_tag = namespace + shape.value.serialization.get("name", "value")
    read_key = _compiled(shape.key, namespace, within)
    read_value = _compiled(shape.value, namespace, within)

    def walk(node: Element) -> dict[Any, Any]:
        parsed = {}
        for entry in node:
            if [child.tag for child in entry] != [key_tag, value_tag]:
                raise Unusual
            parsed[read_key(entry[0])] = read_value(entry[1])
        return parsed

    return walk


def _text(node: Element) -> str:
    return node.text or ""


_SCALARS: dict[str, Walk] = {
    "string": _text,
    "character": _text,
    "boolean": lambda node: node.text == "true",
    "integer": lambda node: int(node.text or ""),
    "long": lambda node: int(node.text or ""),
    "float": lambda node: float(node.text or ""),
    "double": lambda node: float(node.text or ""),
    "timestamp": lambda node: timestamp(node.text or ""),
    "blob": lambda node: b64decode(node.text or ""),
}
