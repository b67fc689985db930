"""What a command keeps on its machine: memory in the user's own folder, and locks of the stacks that it writes."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from controller import __version__
from controller.cli.wiring import Parts
from controller.core.model.stack import Stack
from controller.core.model.store import Nowhere, Store
from controller.engine.lock import Locks
from controller.engine.store import Folder, place_of
from controller.report.secrecy import scrub

NONE = "none"
"""What `--state` says where nothing is to be kept."""

Stores = Callable[[str, str], Store]
"""The store of an account and region."""


def stores(arguments: Namespace, parts: Parts) -> Stores:
    """Where the command keeps what it remembers, as `--state` says; for each account and region one store."""
    root = _root(arguments.state)
    made: dict[tuple[str, str], Store] = {}

    def store(account: str, region: str) -> Store:
        if (account, region) not in made:
            endpoint = parts.endpoint(region)
            folder = root and Folder(root, account, region, endpoint, __version__, scrub, _warn)
            made[account, region] = folder or Nowhere()
        return made[account, region]

    return store


def remembering(arguments: Namespace, parts: Parts) -> None:
    """From now on what is remembered of a stack is kept as `--state` says."""
    kept, controller = stores(arguments, parts), parts.controller
    controller.store = lambda stack: kept(controller.account(stack.region), stack.region)


def _root(state: str) -> Path | None:
    if state == NONE:
        return None
    root = Path(state) if state else own_folder()
    if root is None:
        _warn(
            "no memory",
            reason="this user has no home directory",
            follows="nothing is remembered; name a folder with --state DIR",
        )
    return root


def own_folder() -> Path | None:
    """The user's own folder for what programs remember; None for a user without a home.

    https://specifications.freedesktop.org/basedir-spec/latest/ says that a relative path means nothing.
    """
    given = os.environ.get("XDG_STATE_HOME", "")
    if Path(given).is_absolute():
        return Path(given) / "holdfast"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if not home.is_absolute() or home == Path(home.anchor):
        return None
    usual = "Library/Application Support" if sys.platform == "darwin" else ".local/state"
    return home / usual / "holdfast"


@dataclass
class Claims:
    """The stacks that this program alone writes."""

    parts: Parts
    locks: Locks
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """The names of their locks, by region and stack."""

    def claim(self, stack: Stack) -> str:
        """Keep the other programs of this machine from writing a stack; who keeps us from it, or nothing."""
        account = self.parts.controller.account(stack.region)
        place = place_of(account, self.parts.endpoint(stack.region))
        name = self.names[stack.region, stack.name] = f"{place}_{stack.region}_{stack.name}"
        return self.locks.claim(name)

    def keep(self, stacks: Sequence[Stack]) -> None:
        """Let go the stacks that are not among these."""
        wanted = {(stack.region, stack.name) for stack in stacks}
        self.locks.keep(name for key, name in self.names.items() if key in wanted)


def claiming(arguments: Namespace, parts: Parts) -> Claims:
    """From now on every stack that a pass would write is claimed first, and let go when the command has ended."""
    claims = Claims(parts, Locks(arguments.locks, f"holdfast {arguments.command}", _warn))
    parts.controller.claim = claims.claim
    parts.afterwards.callback(claims.locks.release)
    return claims


def _warn(event: str, **keys: object) -> None:
    structlog.get_logger("holdfast").warning(event, **keys)
