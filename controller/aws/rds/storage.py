"""The storage of a DB instance: its size and its performance, which AWS wants to be told together."""

from collections.abc import Iterable

from controller.core.model.shape import Tree

STORAGE = ("allocatedStorage", "iops", "storageThroughput")
_SMALL = {"iops": 3000, "storageThroughput": 125}
_LARGE = {"iops": 12000, "storageThroughput": 500}
"""What small and large `gp3` storage have at least: the small has just that, and AWS takes no parameter for it.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
"""


def only(fields: Tree, names: Iterable[str]) -> Tree:
    """Those of the fields that have these names."""
    return {name: fields[name] for name in names if name in fields}


def without(fields: Tree, names: Iterable[str]) -> Tree:
    """The fields that have none of these names."""
    return {name: value for name, value in fields.items() if name not in names}


def least(fields: Tree) -> Tree:
    """The least performance of `gp3` storage of this size; nothing where AWS sets no bounds.

    From a size on AWS stripes it over several volumes. It never does for SQL Server.
    """
    engine, size = str(fields.get("engine")), fields.get("allocatedStorage")
    if fields.get("storageType") != "gp3" or not isinstance(size, int) or engine.startswith("sqlserver"):
        return {}
    return _LARGE if size >= (200 if engine.startswith("oracle") else 400) else _SMALL


def given(fields: Tree) -> Tree:
    """What AWS gives and takes no parameter for: the performance of small `gp3` storage, and no growth."""
    small = _SMALL if least(fields) is _SMALL else {}
    return {name: value for name, value in {"maxAllocatedStorage": 0, **small}.items() if fields.get(name) == value}


def together(fields: Tree, known: Tree, group: Iterable[str]) -> Tree:
    """The fields with the live ones of storage that stay, for a change of those in `group`.

    Storage that grows so large that AWS stripes it has more performance at least, and AWS wants that said.
    """
    staying = STORAGE[:1] if "storageType" in group else STORAGE
    kept = only(without(known, group), staying)
    grown = least({**known, **fields, **kept})
    raised = without(grown, fields) if grown is _LARGE and {"storageType", *STORAGE} & {*group} else {}
    kept |= {name: max(value, kept.get(name, 0)) for name, value in raised.items()}
    return without({**fields, **kept}, given({**known, **fields, **kept}).keys() - {*group})


def too_slow(name: str, value: object, known: Tree) -> str:
    """Why AWS does not take this performance for the storage that there is; empty where it may."""
    bound = _LARGE.get(name, 0) if least(known) is _LARGE else 0
    if not isinstance(value, int) or value >= bound:
        return ""
    return (
        f"{name} cannot be {value}: gp3 storage of {known['allocatedStorage']} GiB has at least {bound}; "
        "set that in the document"
    )
