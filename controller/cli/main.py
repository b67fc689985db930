"""`holdfast`: the command line. Whatever goes wrong ends here, as a message and an exit code."""

import errno
import logging
import os
import sys
import threading
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import NoReturn

from controller import __version__
from controller.cli.arguments import parser
from controller.cli.commands import read, run, write
from controller.cli.state import remembering
from controller.cli.wiring import Parts, parts
from controller.core.model.cloud import HoldfastError
from controller.report import logs
from controller.report.shown import visible

Command = Callable[[Namespace, Parts], int]


@contextmanager
def _extra(name: str, package: str, needs: str) -> Iterator[None]:
    """While a command is imported that needs a package which is installed only where it is wanted."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise HoldfastError(f"{needs}: pip install 'holdfast[{name}]'") from None


def operate(arguments: Namespace, parts: Parts) -> int:
    """Keep the Stacks of a cluster."""
    with _extra("operator", "kubernetes", "the operator needs the Kubernetes client"):
        from controller.cli.commands import operator
    return operator.operate(arguments, parts)


def demo(arguments: Namespace, parts: Parts) -> int:
    """Tell a story on the emulator."""
    with _extra("demo", "emulators", "the demo needs the emulator"):
        from controller.cli.commands import demo as story
    return story.demo(arguments, parts)


def emulate(arguments: Namespace, parts: Parts) -> int:
    """Serve the emulator alone."""
    with _extra("demo", "emulators", "this installation has no emulator"):
        from controller.cli.commands import emulator
    return emulator.emulate(arguments, parts)


COMMANDS: dict[str, Command] = {
    "validate": read.validate,
    "plan": read.plan,
    "apply": write.apply,
    "destroy": write.destroy,
    "run": run.run,
    "operator": operate,
    "graph": read.graph,
    "kinds": read.kinds,
    "schema": read.schema,
    "demo": demo,
    "emulator": emulate,
}
INTERRUPTED = 130
"""The exit code of whoever ends by Ctrl-C, as shells know it."""
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 not done, 2 as `plan --detailed-exitcode` says."""
    _prepare_streams()
    threading.excepthook = lambda failed: _bug(failed.exc_value) if failed.exc_value else None
    try:
        return _flushed(words)
    except HoldfastError as error:
        return _failed(str(error))
    except BrokenPipeError:
        return _unheard()  # whoever read the output has heard enough, as `head` does
    except KeyboardInterrupt:
        _interrupted()
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            return _bug(error)
        _unheard()
        return _failed(f"the output could not be written: {error.strerror}")
    except Exception as error:  # noqa: BLE001 - nobody but us can do anything with a traceback
        return _bug(error)


def _flushed(words: Sequence[str] | None) -> int:
    """Output that cannot be written is told here, not when the interpreter ends."""
    try:
        arguments = parser().parse_args(words)
        logs.set_up(arguments.log_level or _level(arguments))
        with parts() as given:
            if "state" in arguments:
                remembering(arguments, given)
            return COMMANDS[arguments.command](arguments, given)
    finally:
        sys.stdout.flush()


def _level(arguments: Namespace) -> str:
    """Writes are logged, but where a person watches them on a terminal."""
    if arguments.command in ("run", "operator"):
        return "info"
    return "info" if arguments.command in ("apply", "destroy") and not sys.stderr.isatty() else "warning"


def _prepare_streams() -> None:
    """Whatever the encoding, what it lacks is written out; a stream that is closed is no reason to fail."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - as long as we live
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _failed(message: str) -> int:
    sys.stderr.write(visible(message, keep="\n") + "\n")
    return 1


def _unheard() -> int:
    """Nobody reads standard output any more: the rest goes nowhere, or Python would complain at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return 1


def _interrupted() -> NoReturn:
    """At once: a request that AWS does not answer is not waited for, and whatever writes stops otherwise."""
    sys.stderr.write("\nInterrupted.\n")
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def _bug(error: BaseException) -> int:
    """One line of what should never be seen; all of it for those who ask."""
    if logging.getLogger("holdfast").isEnabledFor(logging.DEBUG):
        sys.stderr.write(visible("".join(traceback.format_exception(error)), keep="\n"))
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return _failed(
        f"holdfast {__version__} has a bug: {said}\n"
        "Please report it, with the output of `holdfast --log-level debug …` (secrets are left out), "
        "where you got Holdfast from; CONTRIBUTING.md says how."
    )
