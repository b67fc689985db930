"""The recorded answers, typed as botocore types them."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

from controller.aws.client.models import service_model
from controller.aws.declaration.kind import AwsKind
from tests.kinds.fixtures import kinds

DATA = Path(__file__).parent / "data"
KINDS = kinds()


class Recording(NamedTuple):
    """One answer to one operation."""

    service: str
    operation: str
    number: str

    @property
    def label(self) -> str:
        """Names it in a test's output and in the lists of what is odd."""
        return f"{self.service}/{self.operation}/{self.number}"

    @property
    def answer(self) -> Any:
        """The answer as boto3 returns it."""
        read = json.loads((DATA / f"{self.label}.json").read_text(encoding="utf-8"))
        return typed(self.shape, read["answer"])

    @property
    def shape(self) -> StructureShape:
        """What the operation answers, by botocore's model."""
        shape = service_model(self.service).operation_model(self.operation).output_shape
        assert isinstance(shape, StructureShape)
        return shape


def recordings(service: str = "*", operation: str = "*") -> Iterator[Recording]:
    """The recorded answers of an operation, or all there are."""
    for path in sorted(DATA.glob(f"{service}/{operation}/*.json")):
        yield Recording(path.parts[-3], path.parts[-2], path.stem)


def typed(shape: Shape, value: Any) -> Any:
    """A value as botocore gives it: times and bytes are texts in the recordings."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {name: typed(shape.members[name], each) for name, each in value.items()}
    if isinstance(shape, ListShape):
        return [typed(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        return {name: typed(shape.value, each) for name, each in value.items()}
    if shape.type_name == "timestamp":
        return datetime(**value, tzinfo=UTC) if isinstance(value, dict) else parse_timestamp(value)
    return b64decode(value) if shape.type_name == "blob" and isinstance(value, str) else value


def operations(kind: AwsKind) -> set[str]:
    """What a kind reads with: its listing, joins, details, and the whole that it writes back."""
    whole = {kind.read_modify_write.operation} if kind.read_modify_write else set()
    return {
        kind.listing.operation,
        *(join.operation for join in kind.joins),
        *(d.operation for d in kind.reads),
        *whole,
    }
