"""How a patch is declared and applied: moto's own method, wrapped for as long as somebody needs the emulator."""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import Any
from unittest.mock import patch

# Its modules, in `patches`. They import moto, so they are imported when they are needed.
MODULES = (
    "acm",
    "autoscaling",
    "cloudfront",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "elb",
    "elbv2",
    "group_parts",
    "iam",
    "images",
    "instance_refresh",
    "instances",
    "launch_templates",
    "logs",
    "public_images",
    "rds",
    "rds_missing",
    "routes",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "unchanging",
)

Method = Callable[..., Any]
Owner = type | ModuleType


@dataclass
class Patches:
    """The patches of one service: what stands in place of which method of moto, in the order of their declaration."""

    service: str
    declared: list[tuple[Owner, str, Callable[[Owner, str], Any]]] = field(default_factory=list)

    def around(self, owner: type, *names: str) -> Callable[[Method], Method]:
        """Call the decorated function in place of the method; it is given the method first, then its arguments."""

        def declare(patch: Method) -> Method:
            self.declared += [(owner, name, functools.partial(_wrapped, patch)) for name in names]
            return patch

        return declare

    def added(self, owner: type, *names: str) -> Callable[[Method], Method]:
        """The decorated function is a method that moto lacks, or one that is replaced as a whole."""

        def declare(patch: Method) -> Method:
            for name in names or (patch.__name__,):
                self.declared.append((owner, name, lambda owner, name: patch))
            return patch

        return declare

    def shown(self, owner: type, name: str) -> Callable[[Method], Method]:
        """The decorated function computes a property of the owner."""

        def declare(patch: Method) -> Method:
            self.declared.append((owner, name, lambda owner, name: property(patch)))
            return patch

        return declare

    def replaced(self, owner: type, name: str, value: Any) -> None:
        """A constant of the owner has another value."""
        self.declared.append((owner, name, lambda owner, name: value))

    def remembered(self, owner: Owner, *names: str) -> None:
        """A function of the owner that always gives the same for the same arguments is asked once for them."""
        self.declared += [(owner, name, _remembered) for name in names]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Every patch is in force; afterwards moto is as it was."""
        with ExitStack() as stack:
            for owner, name, make in self.declared:
                stack.enter_context(patch.object(owner, name, make(owner, name), create=True))
            yield


def _wrapped(patch: Method, owner: Owner, name: str) -> Method:
    method = getattr(owner, name)

    @functools.wraps(method)
    def wrapped(*arguments: Any, **keywords: Any) -> Any:
        return patch(method, *arguments, **keywords)

    return wrapped


def _remembered(owner: Owner, name: str) -> Method:
    method = getattr(owner, name)

    @functools.cache
    def remembered(*arguments: Any, **keywords: Any) -> Any:
        answer = method(*arguments, **keywords)
        return tuple(answer) if isinstance(answer, Iterator) else answer

    return remembered


class _Patched:
    """Who needs the patches now. The first one applies them and the last one undoes them, in whatever order they
    leave: two that each undid their own would leave one another's behind."""

    def __init__(self) -> None:
        self.users, self.lock, self.stack = 0, Lock(), ExitStack()

    def enter(self) -> None:
        with self.lock:
            self.users += 1
            if self.users == 1:
                for name in MODULES:
                    module = import_module(f"emulators.patched_moto.patches.{name}")
                    self.stack.enter_context(module.PATCHES.applied())

    def leave(self) -> None:
        with self.lock:
            self.users -= 1
            if not self.users:
                self.stack.close()


_patched = _Patched()


@contextmanager
def patched() -> Iterator[None]:
    """moto answers as AWS does, in this whole program, for as long as anyone is in here. Needs moto installed."""
    _patched.enter()
    try:
        yield
    finally:
        _patched.leave()
