"""The guide to a new kind says what is so: `docs/new-kind.md`."""

import re
from pathlib import Path

import pytest

from controller.aws.catalog import catalog
from controller.aws.declaration.kind import AwsKind

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "new-kind.md").read_text()
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


@pytest.mark.parametrize(
    ("language", "file"),
    [
        ("python", "controller/aws/ec2/egress_only_internet_gateway.py"),
        ("yaml", "tests/kinds/ec2/egress_only_internet_gateway/document.yaml"),
        ("yaml", "tests/kinds/ec2/egress_only_internet_gateway/mutations.yaml"),
    ],
)
def test_the_example_of_the_guide_is_the_kind_itself(language: str, file: str) -> None:
    """Whoever copies from the guide has what every test of a kind runs on."""
    shown = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert (ROOT / file).read_text() in shown
