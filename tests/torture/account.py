"""The patched moto as one account of this process, and a copy of all of it for each story: the process, forked.

Making the web tier takes longer than any story about it. So the reference documents are made once, and whoever tells
a story does so in a child of this process, where whatever happens to moto's state happens to a copy.
"""

import os
import pickle
import traceback
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from typing import Any, TypeVar
from unittest.mock import patch

from botocore.client import BaseClient

from controller.aws.client.cloud import AwsCloud
from controller.core.model.stack import Stack
from controller.core.planning.step import Plan
from controller.engine.observe import kinds_of
from emulators.patched_moto import patched
from tests.clock import Clock
from tests.direct import Answering, direct
from tests.emulated import asked_of_moto, empty
from tests.engine.harness import REGION
from tests.stacks.drifting import NAMES
from tests.stacks.world import World
from tests.torture.census import ROWS, Census, census
from tests.torture.documents import read, tree
from tests.torture.layer import URL
from tests.torture.programs import session
from tests.unlimited import Unlimited

CLEAR = "http://127.0.0.1:2"
"""Where moto answers without a layer between."""
Told = TypeVar("Told")


def past_the_layer() -> AbstractContextManager[Any]:
    """A client that is made meanwhile asks moto itself."""
    return patch.dict(os.environ, {"AWS_ENDPOINT_URL": CLEAR})


class Account:
    """All of moto, with the reference documents made in it."""

    def __init__(self) -> None:
        self.settings = ExitStack()
        self.settings.enter_context(patch.dict(os.environ, {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}))
        self.settings.enter_context(patched())
        self.answering: Answering = asked_of_moto()
        self.settings.enter_context(direct(CLEAR, self.answering))
        self.cloud = AwsCloud(REGION, session=session(), limits=Unlimited())
        self.others: dict[str, BaseClient] = {}
        self.made: dict[str, BaseClient] = {}
        """Clients through the layer, for the programs of stories: to make them takes long."""
        chance_of_moto(0)
        empty()
        self.theirs = {name: self._make(name) for name in NAMES}
        """The ids of all that belongs to a document, by kind."""
        self._clients()

    def _make(self, name: str) -> Census:
        stack = read(name, tree(name))
        before = self.count(ROWS)
        with past_the_layer():
            made = self.world(stack).converge(stack)
        assert made[-1].plan.in_sync, made[-1].told
        return {kind: ids - before[kind] for kind, ids in self.count(ROWS).items()}

    def count(self, kinds: Iterable[str]) -> Census:
        """The ids of all things of these kinds."""
        return census(self.client, kinds)

    def _clients(self) -> None:
        with patch.dict(os.environ, {"AWS_ENDPOINT_URL": URL}):
            through = AwsCloud(REGION, session=session(), limits=Unlimited())
            for service in self.cloud._clients:
                through._client(service)
        self.made = through._clients

    def world(self, stack: Stack) -> World:
        """A program that nothing befalls, and that knows nothing of earlier ones."""
        return World(Clock(), self.cloud, {kind for kind, _ in kinds_of([stack])})

    def client(self, service: str) -> Any:
        """One that is nobody's, past the layer."""
        if service not in self.others:
            self.others[service] = session().create_client(service, REGION, endpoint_url=CLEAR)
        return self.others[service]

    def look(self, stack: Stack, destroy: bool = False) -> Plan:
        """What a program plans that nothing befalls."""
        with past_the_layer():
            return self.world(stack).turn(stack, write=False, fresh=True, destroy=destroy).plan


@cache
def account() -> Account:
    """The one of this process."""
    return Account()


def chance_of_moto(seed: int) -> None:
    """What ids moto draws from now on."""
    from moto.moto_api._internal import mock_random  # noqa: PLC0415  # see tests.emulated

    mock_random.seed(seed)


def apart(tell: Callable[[], Told]) -> Told:
    """What is told in a copy of this process, which ends with it."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        with os.fdopen(theirs, "wb") as out:
            out.write(_outcome(tell))
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answer:
        outcome: Told
        outcome, error = pickle.loads(answer.read())  # noqa: S301  # it was written a moment ago by ourselves
    os.waitpid(child, 0)
    if error:
        raise RuntimeError(error)
    return outcome


def _outcome(tell: Callable[[], Any]) -> bytes:
    try:
        return pickle.dumps((tell(), ""))
    except BaseException:  # noqa: BLE001  # it is raised again where it can be heard
        return pickle.dumps((None, traceback.format_exc()))
