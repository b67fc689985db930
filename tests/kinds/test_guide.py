"""The guide to a new kind says what is so: `docs/new-kind.md`."""

import re
from pathlib import Path

import pytest

from controller.aws.catalog import KINDS, catalog
from controller.aws.client import models
from controller.aws.declaration.kind import AwsKind

GUIDE = (Path(__file__).parents[2] / "docs" / "new-kind.md").read_text()
HOOKS = [
    (method, kind)
    for methods, kinds in re.findall(
        r"^\| ((?:`[a-z_]+`(?:, )?)+) \| [^`|]+ \| ((?:`\w+`(?:, )?)+) \|$", GUIDE, re.MULTILINE
    )
    for method, kind in zip(re.findall(r"\w+", methods), re.findall(r"\w+", kinds), strict=True)
]


@pytest.mark.parametrize(("method", "kind"), HOOKS)
def test_the_example_of_a_method_overrides_it(method: str, kind: str) -> None:
    """Whoever looks at the kind that the guide names finds the method there."""
    found = type(catalog()[kind])
    assert getattr(AwsKind, method).__doc__
    assert getattr(found, method) is not getattr(AwsKind, method)


def test_the_guide_names_examples() -> None:
    """The table is read: more than a few rows are found in it."""
    assert len(HOOKS) > 20


def test_the_declaration_of_the_guide_can_be_used() -> None:
    """The code of the guide is a kind as it stands, with operations that AWS has, and not one of the catalog yet."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {"__name__": "guide"}
    exec(compile(code, "new-kind.md", "exec"), names)  # noqa: S102  # it is our own guide
    kind = names["EgressOnlyInternetGateway"]
    assert isinstance(kind, type)
    assert issubclass(kind, AwsKind)
    assert kind not in KINDS
    for operation in (kind.listing.operation, kind.creation.operation, kind.deletion):
        assert models.operation_exists(kind.service, operation), operation
