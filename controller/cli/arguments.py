"""What may be said on the command line. Usage errors end with exit code 1: code 2 means "the plan is not empty"."""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import NoReturn

from controller import __version__
from controller.cli.stories import STORIES
from controller.report.logs import LEVELS

EMULATOR = "127.0.0.1:5000"
ADDRESS = "127.0.0.1:8080"
"""Where the loop serves unless told otherwise."""
SHORTEST_LEASE = 3
LOCKS = Path("/tmp/holdfast-locks")  # noqa: S108 - one place for all users, where nothing but locks is looked for
"""Where the programs of a machine keep each other from writing the same stack, unless told otherwise."""
CLUSTER_NAME = r"[a-z0-9]([-a-z0-9.]{0,38}[a-z0-9])?"
"""With a namespace before it, the name of a cluster fits into a tag of AWS's."""
_UNITS = {"s": 1, "m": 60, "h": 3600}
_BEGIN = """\
start with:
  holdfast demo                  a guided tour on an emulator; no account needed
  holdfast validate desired/     check documents, offline
  holdfast plan desired/         show what differs and what would be done; writes nothing
  holdfast apply desired/        carry it out, after asking
  holdfast run desired/          keep it that way

Run `holdfast COMMAND --help` for more. Credentials, profiles and AWS_ENDPOINT_URL work as in other AWS tools."""
_RUN = """\
Serves /metrics, /healthz and /readyz. Documents are reloaded when they change; an invalid edit is logged and sets
holdfast_document_valid to 0, and the last valid version stays in force. Exit code: 0 when stopped; with --once, 1 if
a pass failed."""

_OPERATOR = """\
Works on the cluster that its pod runs in, or the one in KUBECONFIG. Several operators may run at once: one leads,
elected with a Lease, and the others stand by. Serves /metrics, /healthz and /readyz. Exit code: 0 when stopped, 1 if
there is no cluster."""

ABOUT = {
    "validate": (
        "Check documents offline",
        "Exit code: 0 if valid, 1 if not. Reports every error, with file:line:column.",
    ),
    "plan": (
        "Show what would be done, without writing anything",
        "Exit code: 0; 1 on an error or an unknown node. With --detailed-exitcode, 2 if the plan is not empty.",
    ),
    "apply": (
        "Show the plan, ask, then work until every node is ready",
        "Exit code: 0 only if every node is ready. Ctrl-C lets calls in flight finish; apply again to continue.",
    ),
    "destroy": (
        "Delete what the stacks own, in order; retained resources are kept",
        "If something cannot be deleted, nothing is, unless with --partial. Exit code: 0 only if nothing is left.",
    ),
    "run": (
        "Keep the stacks in line with their documents, until stopped",
        _RUN,
    ),
    "operator": (
        "Keep the Stacks of a Kubernetes cluster in line with their specs, until stopped",
        _OPERATOR,
    ),
    "graph": ("Draw the resource graph, coloured by state if AWS is reachable", "Exit code: 0; 1 on an error."),
    "kinds": ("List the kinds, or every field of one kind", "Exit code: 0; 1 if there is no such kind."),
    "schema": ("Print the document schema: JSON Schema for editors, or the CRDs for Kubernetes", ""),
    "demo": (
        "Take a guided tour on an embedded AWS emulator, no account needed",
        "Takes less than a minute and never leaves this machine. Exit code: 0 if every chapter ended in sync.",
    ),
    "emulator": (
        "Serve the demo's AWS emulator by itself, to try out documents, until stopped",
        "It starts with an empty account and saves nothing. Exit code: 0 when stopped, 1 if it cannot listen.",
    ),
}
"""Each command in one line, and what else its help says."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\nSee `{self.prog} --help`.\n")


def duration(text: str) -> float:
    """Seconds behind `30s`, `5m`, `1h` or a plain number of seconds."""
    matched = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh]?)", text)
    if not matched or float(matched[1]) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration; write 30s, 5m or 1h")
    return float(matched[1]) * _UNITS[matched[2] or "s"]


def parser() -> argparse.ArgumentParser:
    """The command line of `holdfast`."""
    top = _Parser(
        prog="holdfast",
        description="Keeps an AWS web architecture in line with its document.",
        epilog=_BEGIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"holdfast {__version__}")
    _log_level(top, None)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=True)
    made = {name: _command(commands, name) for name in ABOUT}
    for name in ("validate", "plan", "apply", "destroy", "run", "graph"):
        made[name].add_argument(
            "paths",
            nargs="+",
            type=Path,
            metavar="PATH",
            help="documents, folders of documents, or - for standard input",
        )
    for name in ("plan", "apply", "destroy", "run", "graph"):
        _state(made[name])
    for name in ("apply", "destroy", "run"):
        made[name].set_defaults(locks=_locks())
    _plan(made["plan"])
    _write(made["apply"])
    _write(made["destroy"])
    text = "if something cannot be deleted (retained, protected, unknown), delete the rest (default: delete nothing)"
    made["destroy"].add_argument("--partial", action="store_true", help=text)
    _believe(made["apply"])
    _run(made["run"])
    _operator(made["operator"])
    _graph(made["graph"])
    _output(made["schema"], "json", "crd")
    made["kinds"].add_argument("kind", nargs="?", metavar="KIND", help="the kind to describe")
    _stack(made["demo"])
    made["demo"].add_argument(
        "--serve", action="store_true", help="keep running afterwards, to break things and watch"
    )
    made["demo"].add_argument(
        "--address", default=ADDRESS, metavar="HOST:PORT", help="where --serve serves metrics (default: %(default)s)"
    )
    made["emulator"].add_argument(
        "--address", default=EMULATOR, metavar="HOST:PORT", help="where to listen (default: %(default)s)"
    )
    return top


def _locks() -> Path:
    """The folder of the locks; one that was named may be a link, as systemd makes them."""
    named = os.environ.get("HOLDFAST_LOCKS")
    return Path(os.path.realpath(named)) if named else LOCKS


def _command(commands: "argparse._SubParsersAction[_Parser]", name: str) -> _Parser:
    text, more = ABOUT[name]
    made = commands.add_parser(name, help=text, description=f"{text}.", epilog=more)
    _log_level(made, argparse.SUPPRESS)
    return made


def _log_level(of: argparse.ArgumentParser, default: str | None) -> None:
    """Said before or after the command."""
    text = "the minimum level to log on standard error: debug, info, warning or error"
    of.add_argument("--log-level", choices=LEVELS, default=default, metavar="LEVEL", help=text)


def _output(of: argparse.ArgumentParser, *forms: str) -> None:
    text = f"{', '.join(forms)} (default: {forms[0]})"
    of.add_argument("-o", "--output", choices=forms, default=forms[0], metavar="FORM", help=text)


def _state(of: argparse.ArgumentParser) -> None:
    text = "the folder for what is remembered between runs, or `none` (default: HOLDFAST_STATE, or a "
    text += "folder in your home directory, see the manual)"
    of.add_argument("--state", default=os.environ.get("HOLDFAST_STATE", ""), metavar="DIR", help=text)


def _believe(of: argparse.ArgumentParser) -> None:
    text = "accept that more than half of the nodes are really gone, and create them again"
    of.add_argument("--accept-disappearance", action="store_true", help=text)


def _plan(of: argparse.ArgumentParser) -> None:
    _output(of, "text", "json", "markdown")
    of.add_argument("--detailed-exitcode", action="store_true", help="exit with 2 if the plan is not empty")


def _write(of: argparse.ArgumentParser) -> None:
    _output(of, "text", "json")
    of.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    text = "give up after this time in total (default: 30m)"
    of.add_argument("--timeout", type=duration, default=1800.0, metavar="TIME", help=text)


def _run(of: argparse.ArgumentParser) -> None:
    text = "time between passes (default: 30s)"
    of.add_argument("--interval", type=duration, default=30.0, metavar="TIME", help=text)
    of.add_argument("--once", action="store_true", help="make one pass over each stack, then exit")
    text = f"where to serve metrics (default: {ADDRESS}; with --once, nowhere)"
    of.add_argument("--address", metavar="HOST:PORT", help=text)
    _believe(of)


def _operator(of: argparse.ArgumentParser) -> None:
    text = "watch only this namespace; may be given more than once (default: all namespaces)"
    of.add_argument("--namespace", action="append", metavar="NAMESPACE", help=text)
    text = "time between passes over one Stack (default: 30s)"
    of.add_argument("--interval", type=duration, default=30.0, metavar="TIME", help=text)
    text = "where to serve metrics and health (default: :8080, all interfaces)"
    of.add_argument("--address", metavar="HOST:PORT", help=text)
    text = "how many Stacks to reconcile at the same time (default: 8)"
    of.add_argument("--workers", type=_count, default=8, metavar="NUMBER", help=text)
    text = (
        "the name of this cluster, part of the owner tags of everything that its Stacks own "
        "(default: derived from the uid of the namespace kube-system)"
    )
    of.add_argument("--cluster", type=_cluster, metavar="NAME", help=text)
    text = "the namespace of the Lease (default: the pod's own)"
    of.add_argument("--lease-namespace", metavar="NAMESPACE", help=text)
    text = "the name of the Lease that operators compete for (default: holdfast)"
    of.add_argument("--lease-name", default="holdfast", metavar="NAME", help=text)
    text = "how long to wait for a leader that has stopped renewing its Lease (default: 15s)"
    of.add_argument("--lease-duration", type=_lease, default=15, metavar="TIME", help=text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 999")
    return int(text)


def _cluster(text: str) -> str:
    if not re.fullmatch(CLUSTER_NAME, text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a valid cluster name; use at most 40 of a-z, 0-9, '-' and '.', with a letter or digit "
            "at both ends"
        )
    return text


def _lease(text: str) -> int:
    seconds = duration(text)
    if seconds < SHORTEST_LEASE or seconds != int(seconds):
        raise argparse.ArgumentTypeError(f"{text!r} is too short, or not a whole number of seconds; write 15s")
    return int(seconds)


def _stack(of: argparse.ArgumentParser) -> None:
    names = tuple(STORIES)
    text = f"the document to demonstrate: {', '.join(names)} (default: {names[0]})"
    of.add_argument("--stack", choices=names, default=names[0], metavar="STACK", help=text)


def _graph(of: argparse.ArgumentParser) -> None:
    _output(of, "mermaid", "dot", "svg")
    of.add_argument("--offline", action="store_true", help="draw the documents without asking AWS")
