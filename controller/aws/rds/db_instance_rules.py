"""What RDS takes of a database, by engine and type of storage.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from controller.core.model.conditions import Both, Is, IsNot, Lacks
from controller.core.model.limits import Legal
from controller.core.model.rules import Check, Needs, Only, Rule

_STORAGE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html"
_INSIGHTS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.TurnOnAdvanced.html"
_PARAMETERS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html"
_OPEN = ("mysql", "mariadb", "postgres")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = rf"(?i:{'|'.join(_DAYS)})"
_WEEK, _SHORTEST = 7 * 24 * 60, 30
_HAS_ROOM = {"mysql": 400, "mariadb": 400, "postgres": 400, "oracle-": 200, "db2-": 400}
"""From how many GiB on an engine's gp3 storage takes IOPS and throughput."""

IDENTIFIER = Legal(
    r"[A-Za-z](-?[A-Za-z0-9])*", "it must begin with a letter, not end with a hyphen and not contain two in a row"
)
DAILY = Legal(rf"{_TIME}-{_TIME}", "write it like 02:00-03:00, in UTC")
WEEKLY = Legal(rf"{_DAY}:{_TIME}-{_DAY}:{_TIME}", "write it like sun:05:00-sun:06:00, in UTC")
USER = Legal(r"[A-Za-z].*", "it must begin with a letter")


# --- windows ----------------------------------------------------------------------------------------------


def _minute(text: str) -> int:
    """A time of the day in minutes; with a day before it, of the week."""
    *day, hour, minute = text.lower().split(":")
    return (_DAYS.index(day[0]) if day else 0) * 24 * 60 + int(hour) * 60 + int(minute)


def _long_enough(period: int) -> Callable[[str], bool]:
    """Whether a window that recurs after so many minutes has half an hour; one that cannot be read is told so."""

    def long_enough(window: str) -> bool:
        start, end = _ends(window) or (0, _SHORTEST)
        return (end - start) % period >= _SHORTEST

    return long_enough


def _ends(window: str) -> tuple[int, int] | None:
    if not re.fullmatch(f"{DAILY.pattern}|{WEEKLY.pattern}", window):
        return None
    start, end = window.split("-")
    return _minute(start), _minute(end)


def _apart(daily: str, weekly: str) -> bool:
    """Whether no day's backups meet the week's maintenance."""
    day, week = _ends(daily), _ends(weekly)
    if day is None or week is None:
        return True
    length, span = (day[1] - day[0]) % (24 * 60), (week[1] - week[0]) % _WEEK
    for number in range(7):
        ahead = (week[0] - (number * 24 * 60 + day[0])) % _WEEK
        if ahead < length or _WEEK - ahead < span:
            return False
    return True


# --- engines ----------------------------------------------------------------------------------------------


def _name_fits(engine: str, name: str) -> bool:
    """Whether an engine takes the name of a first database."""
    if engine.startswith("sqlserver-"):
        return False
    if engine.startswith("oracle-"):
        return len(name) <= 8
    longest = {"mysql": 64, "mariadb": 64, "postgres": 63}.get(engine)
    return longest is None or (len(name) <= longest and not name[:1].isdigit())


def _has_character_sets(engine: str, name: str) -> bool:
    return engine not in _OPEN


def _license_fits(engine: str, model: str) -> bool:
    models = {**dict.fromkeys(("mysql", "mariadb"), "general-public-license"), "postgres": "postgresql-license"}
    return models.get(engine, model) == model


def _family_fits(engine: str, family: str) -> bool:
    return engine not in _OPEN or re.fullmatch(rf"{engine}[0-9.]+", family) is not None


def _version_fits(engine: str, version: str, family: str) -> bool:
    """Whether a version is of the series that a family is for: `postgres16` has 16.4, `mysql8.0` has 8.0.39."""
    if engine not in _OPEN or not _family_fits(engine, family):
        return True
    series, given = family.removeprefix(engine).split("."), str(version).split(".")
    return all(number in (part, None) for part, number in zip(series, _padded(given, len(series)), strict=True))


def _padded(parts: Sequence[str], length: int) -> Iterator[str | None]:
    return (part for part, _ in zip_longest(parts[:length], range(length)))


# --- storage ----------------------------------------------------------------------------------------------


def _large_enough(type: str, size: int) -> bool:
    least = {"gp2": 20, "gp3": 20, "io1": 100, "io2": 100, "standard": 5}
    most = 3072 if type == "standard" else 65_536
    return least.get(type, size) <= size <= most


def _own(least: int) -> Callable[[str, int, int], bool]:
    """Whether small gp3 storage has the IOPS or the throughput that AWS gives it, which cannot be changed."""

    def own(engine: str, size: int, value: int) -> bool:
        room = next((room for name, room in _HAS_ROOM.items() if engine.startswith(name)), 0)
        return size >= room or value == least

    return own


_GP3 = (Is("storageType", "gp3"),)
_ROOM = "below 400 GiB (Oracle: 200)"

RULES: tuple[Rule, ...] = (
    Check("preferredBackupWindow has at least 30 minutes", _long_enough(24 * 60), "preferredBackupWindow"),
    Check("preferredMaintenanceWindow has at least 30 minutes", _long_enough(_WEEK), "preferredMaintenanceWindow"),
    Check("the two windows do not overlap", _apart, "preferredBackupWindow", "preferredMaintenanceWindow"),
    Needs("monitoringRole", when=IsNot("monitoringInterval", 0)),
    Only("monitoringRole", when=IsNot("monitoringInterval", 0)),
    Only("kmsKey", when=Is("storageEncrypted", True)),
    Only("masterUserSecretKmsKey", when=Is("manageMasterUserPassword", True)),
    Only("performanceInsightsKmsKey", "performanceInsightsRetentionPeriod", when=Is("performanceInsights", True)),
    Check(
        "performanceInsights is true, and performanceInsightsRetentionPeriod at least 465",
        lambda enabled, days: enabled and days >= 465,
        "performanceInsights",
        "performanceInsightsRetentionPeriod",
        when=(Is("databaseInsightsMode", "advanced"),),
        page=_INSIGHTS,
    ),
    Check(
        "dbName has at most 8 characters for Oracle, 64 for MySQL and MariaDB, 63 for PostgreSQL, where it begins "
        "with no digit, and SQL Server has none",
        _name_fits,
        "engine",
        "dbName",
    ),
    Check(
        "only Oracle, SQL Server and Db2 have a characterSetName", _has_character_sets, "engine", "characterSetName"
    ),
    Check(
        "licenseModel is general-public-license for MySQL and MariaDB, and postgresql-license for PostgreSQL",
        _license_fits,
        "engine",
        "licenseModel",
    ),
    Check(
        "the family of parameterGroup is of the engine",
        _family_fits,
        "engine",
        "parameterGroup.family",
        page=_PARAMETERS,
    ),
    Check(
        "the family of parameterGroup is of engineVersion",
        _version_fits,
        "engine",
        "engineVersion",
        "parameterGroup.family",
        page=_PARAMETERS,
    ),
    Only("iops", when=IsNot("storageType", "standard")),
    Needs("iops", when=Both(Is("storageType", "io1", "io2"), Lacks("source"))),
    Only("storageThroughput", when=Is("storageType", "gp3")),
    Check(
        "allocatedStorage is 20 to 65536 for gp2 and gp3, 100 to 65536 for io1 and io2, and 5 to 3072 for standard",
        _large_enough,
        "storageType",
        "allocatedStorage",
    ),
    Check(
        f"iops {_ROOM} is 3000",
        _own(3000),
        "engine",
        "allocatedStorage",
        "iops",
        when=_GP3,
        page=_STORAGE,
    ),
    Check(
        f"storageThroughput {_ROOM} is 125",
        _own(125),
        "engine",
        "allocatedStorage",
        "storageThroughput",
        when=_GP3,
        page=_STORAGE,
    ),
    Check(
        "iops is half of allocatedStorage to 50 times as much",
        lambda size, iops: size / 2 <= iops <= 50 * size,
        "allocatedStorage",
        "iops",
        when=(Is("storageType", "io1"),),
    ),
)
