"""What the tests are parametrized with: documents, what happens to them, backends, each under a readable id."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from controller.core.model.reference import Address
from tests.kinds.backends import Backend, served_by_strict
from tests.kinds.fixtures import Defect, Drift, Immutable, Sample, moto_defects, samples


def case(*parts: Any, defects: Iterable[str] = ()) -> Any:
    """One set of parameters under an id that can be read; with a known defect the test must fail."""
    marks = [pytest.mark.xfail(reason=reason) for reason in defects]
    return pytest.param(*parts, id="-".join(map(_word, parts)), marks=marks)


def _word(part: Any) -> str:
    if isinstance(part, Drift):
        return f"{part.field}-{part.name}".replace(" ", "-")
    return part.field if isinstance(part, Immutable) else str(part)


def backends(sample: Sample) -> list[str]:
    """The backends that serve a document, the strictest first."""
    return [name for name in sample.backends if name != "strict" or served_by_strict(sample)]


def served(promise: str, among: Iterable[Sample] | None = None) -> list[Any]:
    """Documents with each of their backends: what is made and read back has the opinion of both."""
    chosen = samples() if among is None else among
    return [case(s, name, defects=_hopeless(s, name, promise)) for s in chosen for name in backends(s)]


def drifts() -> list[Any]:
    """Every drift of every document, with the strictest backend that serves it."""
    return [
        case(s, drift, backends(s)[0], defects=_hopeless(s, backends(s)[0], "drift", drift))
        for s in samples()
        for drift in s.drifts
    ]


def _hopeless(sample: Sample, backend: str, promise: str, drift: Drift | None = None) -> list[str]:
    """Why a backend cannot show a promise at all."""
    found = _defects(sample, backend, promise, drift)
    return [defect.reason for defect in found if defect.differs is None]


def known_differences(
    sample: Sample, backend: Backend, promise: str, drift: Drift | None = None
) -> dict[Address, set[str]]:
    """The paths that a backend with a defect never gets into sync."""
    differs: dict[Address, set[str]] = {}
    for defect in _defects(sample, backend.name, promise, drift):
        for address, paths in (defect.differs or {}).items():
            differs.setdefault(Address.parse(address), set()).update(paths)
    return differs


def _defects(sample: Sample, backend: str, promise: str, drift: Drift | None) -> Iterator[Defect]:
    for defect in moto_defects(sample, promise) if backend == "moto" else ():
        if drift is None or defect.drifts is None or f"{drift.field} {drift.name}" in defect.drifts:
            yield defect


def at_home(promise: str, sample: Sample, *parts: Any, gap: str = "") -> Any:
    """A document with the strictest backend that serves it."""
    home = backends(sample)[0]
    return case(sample, *parts, home, defects=filter(None, [gap, *_hopeless(sample, home, promise)]))


def strictly(sample: Sample) -> bool:
    """Whether the strict stand-in serves a document.

    Moto is slow, and knows neither time nor what overtakes what. What is one code for every kind is proven on the
    stand-in in every variety; of a kind that only moto serves, the first document shows that its own calls stand it.
    """
    return backends(sample)[0] == "strict"


def changes_of(sample: Sample) -> Iterator[str]:
    """What a program can be killed in, for one document."""
    yield "create"
    if sample.drifts:
        yield "update"
    if sample.replaceable:
        yield "replace"
    yield "destroy"


DOCUMENTS = [case(sample) for sample in samples()]
MAIN = tuple(sample for sample in samples() if sample.name == "document" or strictly(sample))
"""Documents for what costs time: on the stand-in all of them, on moto the first one of each kind."""
TAGGED = tuple(sample for sample in MAIN if sample.kind.tagged)
MARKED = [at_home("tags", s) for s in TAGGED if s.kind.taggable]
GOING = [at_home("gone", s) for s in MAIN if s.gone]
WAITING = [at_home("waits", s) for s in samples() if strictly(s)]
DESTROYED = [
    at_home("destroy", s, speed) for s in MAIN for speed in ("fast", "slow") if speed == "fast" or strictly(s)
]
STRIPPED = [
    # An id that is a name may be somebody else's by now.
    *(at_home("marks", s, "remembered") for s in TAGGED if not s.kind.id_recurs),
    *(at_home("marks", s, "proven") for s in samples() if s.has_evidence),
]
AMBIGUOUS = [at_home("marks", s) for s in TAGGED if s.has_key and not s.has_evidence]
STRANGERS = [at_home("strangers", s, drift) for s in samples() for drift in s.drifts if drift.stranger]
IMMUTABLES = [at_home("replace", s, change) for s in samples() for change in s.immutables]
REPLACEMENTS = [
    at_home("replace", s, change, speed, gap=change.gap)
    for s in samples()
    for change in s.immutables
    for speed in ("fast", "slow")
    if not change.unserved and (speed == "fast" or strictly(s))
]
ORPHANS = [at_home("orphans", s, start) for s in samples() for start in ("forgetful", "remembered")]
CRASHES = [
    at_home("crashes", s, change, moment)
    for s in MAIN
    for change in changes_of(s)
    for moment in ("during", "overtaken", "lost")
    if (strictly(s) and (moment == "during" or s.name == "document")) or (moment == "during" and change != "replace")
]
BROKEN = ("throttled", "broken", "dropped", "torn", "broken off")
"""What one code of the client makes of any read: each is tried on some documents of the stand-in, two on each."""
READS_THAT_FAIL = [
    at_home("reads", s, failure)
    for turn, s in enumerate(MAIN)
    for failure in ("denied", BROKEN[2 * turn % 5], BROKEN[(2 * turn + 1) % 5])
    if strictly(s) or failure == "denied"
]
