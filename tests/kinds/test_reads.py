"""A read that fails, in whatever way, says nothing: the nodes it is about are unknown and nothing is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.aws.client import models
from controller.aws.declaration.kind import AwsKind
from controller.core.model.live import Live
from controller.core.model.reference import Address
from controller.core.planning.step import State
from tests.kinds.backends import READS, Backend, Failure, Read, key
from tests.kinds.cases import READS_THAT_FAIL
from tests.kinds.fixtures import Sample
from tests.kinds.kit import PassResult, Trial, created


def reads_of(trial: Trial) -> list[Read]:
    """Every read that a pass over the document makes, but for the search for orphans, which finds less or more."""
    program = trial.start()
    program.look(trial.stack)
    found = {key(*read): None for read in program.wire.reads}
    return [read for read in found if read[0].startswith(READS) and read[0] != "GetResources"]


def concerned(trial: Trial, read: Read, listings: dict[str, set[Read]]) -> set[Address]:
    """The nodes that a read is about: those of the kind that it lists, or the one that it names."""
    by_kind = {a for a in trial.stack.nodes if read in listings[a.kind] or listed_within(trial, a.kind, read)}
    return by_kind or {
        a for a, live in trial.live.items() if any(repr(name) in read[1] for name in names_of(trial, live))
    }


def names_of(trial: Trial, live: Live) -> set[str]:
    """What reads name a thing by: its id, or what its tag calls name it by."""
    kind = trial.catalog[live.kind]
    return {live.id, kind.target(live)} if isinstance(kind, AwsKind) else {live.id}


def listed_within(trial: Trial, name: str, read: Read) -> bool:
    """Whether a read is the listing of a kind within one of its parents."""
    kind = trial.catalog[name]
    return isinstance(kind, AwsKind) and bool(kind.listing.parent) and kind.listing.operation == read[0]


def listings_of(trial: Trial) -> dict[str, set[Read]]:
    """The listing of each kind of the document that lists all there is, and what is listed to complete it."""

    def of(kind: AwsKind) -> set[Read]:
        here = kind.confines(trial.backend.cloud, "")
        listing = {} if kind.listing.parent else {kind.listing.operation: {**kind.paged(kind.listing), **here}}
        joins = {join.operation: kind.paged(join) for join in kind.joins if not join.batch}
        return {key(operation, parameters) for operation, parameters in {**listing, **joins}.items()}

    return {name: of(kind) for name, kind in trial.catalog.items() if isinstance(kind, AwsKind)}


def applicable(trial: Trial, reads: list[Read], failure: Failure) -> Iterator[Read]:
    """The reads that can fail in this way: only what has pages breaks off between them."""
    kinds = [kind for kind in trial.catalog.values() if isinstance(kind, AwsKind)]
    sizes = {repr(models.page_size_of(kind.service, kind.listing.operation)) for kind in kinds if kind.listing.page}
    for read in reads:
        if failure != "broken off" or any(size in read[1] for size in sizes):
            yield read


@pytest.mark.parametrize(("sample", "failure", "backend"), READS_THAT_FAIL, indirect=["backend"])
def test_nothing_is_made_while_a_listing_fails(
    sample: Sample, failure: Failure, backend: Backend, tmp_path: Path
) -> None:
    """In an empty account, what cannot be listed is unknown and not made, and all is made once it can be listed."""
    trial, _ = created(sample, backend, tmp_path)
    expected = trial.picture()
    trial = Trial(sample, backend, tmp_path)
    empty = trial.keep()
    listings = listings_of(trial)
    own = backend.name != "strict"  # on moto, which is slow, the parents' listings are left to the parents' kinds
    asked = listings[sample.kind.name] if own else set().union(*listings.values())
    for read in applicable(trial, sorted(asked), failure):
        trial.begin(empty)
        backend.spoil(read, failure)
        program = trial.start()
        turn = program.turn(trial.stack)
        about = {address for address in trial.stack.nodes if read in listings[address.kind]}
        check_unknown(turn, about)
        backend.heal()
        assert program.converge(trial.stack)[-1].plan.in_sync
        assert expected == trial.picture()


@pytest.mark.parametrize(("sample", "failure", "backend"), READS_THAT_FAIL, indirect=["backend"])
def test_nothing_is_corrected_while_a_read_fails(
    sample: Sample, failure: Failure, backend: Backend, tmp_path: Path
) -> None:
    """With drift in the account, a failed listing or detail leaves its nodes unknown and untouched, never in sync;
    once it succeeds, the drift is corrected."""
    trial, made = created(sample, backend, tmp_path)
    listings = listings_of(trial)
    drifted = list({drift.field: drift for drift in reversed(sample.drifts)}.values())
    own = backend.name != "strict"
    for read in applicable(trial, reads_of(trial), failure):
        trial.begin(made.kept)
        about = concerned(trial, read, listings)
        if own and sample.it not in about:
            continue
        for drift in drifted:
            trial.outside(drift.calls)
        backend.spoil(read, failure)
        program = trial.start()
        turn = program.turn(trial.stack)
        assert about, f"{read} is about nothing"
        check_unknown(turn, about)
        backend.heal()
        assert program.converge(trial.stack)[-1].plan.in_sync


def check_unknown(turn: PassResult, about: set[Address]) -> None:
    """These nodes are unknown, and nothing was written for them."""
    assert dict.fromkeys(about, State.UNKNOWN) == {a: turn.step(a).state for a in about}
    assert set() == about & {write.address for write in turn.writes}
    assert not turn.plan.in_sync
