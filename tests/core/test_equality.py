"""When two values are the same, beyond what the tests of the diff show."""

import pytest

from controller.core.model.equality import LowerName, VersionPrefix, older
from controller.core.model.naming import named


@pytest.mark.parametrize(
    ("desired", "observed", "same"),
    [
        ("16", "16.4", True),
        (16, "16.4", True),
        ("16.4", "16.4", True),
        ("16.4", "16.6", True),
        ("8.0.36", "8.0.39", True),
        ("16.6", "16.4", False),
        ("15", "16.4", False),
        ("1", "16.4", False),
        ("8.0", "8.4.3", False),
        ("16.4", "17.5", False),
        ("16", None, False),
        ("15.00.4312.2.v1", "15.00.4316.3.v1", True),
        ("15.00.4316.3.v1", "15.00.4312.2.v1", False),
        ("15.00.4312.2.v1", "16.00.4085.2.v1", False),
        ("19.0.0.0.ru-2024-04.rur-2024-04.r1", "19.0.0.0.ru-2024-07.rur-2024-07.r1", True),
        ("19", "19.0.0.0.ru-2024-07.rur-2024-07.r1", True),
        ("5.7.44-rds.20240408", "5.7.44-rds.20240529", True),
        ("5.7", "5.7.44-rds.20240529", True),
        ("8.0.36", "8.4.3", False),
    ],
)
def test_a_version_is_its_series_and_aws_upgrades_it(desired: str | int, observed: str | None, same: bool) -> None:
    """A series is each of its versions, and a later minor version is AWS's own upgrade; another series is another."""
    assert same is VersionPrefix().equal(desired, observed)


@pytest.mark.parametrize(
    ("one", "other", "is_older"),
    [
        ("15", "16.3", True),
        ("16.3", "15", False),
        ("16", "16.3", False),
        ("8.0.36", "8.4.3", True),
        ("15.00.4312.2.v1", "15.00.4312.2.v2", True),
        ("19.0.0.0.ru-2024-04.rur-2024-04.r1", "19.0.0.0.ru-2024-07.rur-2024-07.r1", True),
        ("x.1", "y.2", False),
        (None, "16.3", False),
    ],
)
def test_which_version_is_older_is_told_by_the_first_number_that_differs(
    one: str | None, other: str, is_older: bool
) -> None:
    """Numbers are compared as numbers; where nothing tells which comes first, none is older."""
    assert is_older is older(one, other)


@pytest.mark.parametrize(
    ("desired", "observed", "same"),
    [
        ("My-Db", "my-db", True),
        ("my-db", "other", False),
        (named("kit", "db", 63), "kit-db", True),
        (named("kit", "db", 63), "kit-db-0a1b2c", True),
    ],
)
def test_a_name_that_aws_lowers_is_the_same(desired: str, observed: str, same: bool) -> None:
    """Case is no difference, and the variants of a name that the document leaves open are none either."""
    assert same is LowerName().equal(desired, observed)
