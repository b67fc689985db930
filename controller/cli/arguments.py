"""What may be said on the command line. Usage errors end with exit code 1: code 2 means "the plan is not empty"."""

import argparse
import re
import sys
from pathlib import Path
from typing import NoReturn

from controller import __version__
from controller.report.logs import LEVELS

_UNITS = {"s": 1, "m": 60, "h": 3600}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def duration(text: str) -> float:
    """Seconds behind `30s`, `5m`, `1h` or a plain number of seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not found or float(found[1]) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write 30s, 5m or 1h")
    return float(found[1]) * _UNITS[found[2] or "s"]


def parser() -> argparse.ArgumentParser:
    """The command line of `holdfast`."""
    top = _Parser(prog="holdfast", description="Keeps an AWS web architecture the way its document says.")
    top.add_argument("--version", action="version", version=f"holdfast {__version__}")
    top.add_argument("--log-level", choices=LEVELS, default="warning", help="how much is logged on standard error")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    def documents(of: argparse.ArgumentParser) -> argparse.ArgumentParser:
        of.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="documents, folders of them, or -")
        return of

    def output(of: argparse.ArgumentParser, *forms: str) -> None:
        of.add_argument("-o", "--output", choices=forms, default=forms[0], help=f"the form: {', '.join(forms)}")

    def believe(of: argparse.ArgumentParser) -> None:
        of.add_argument(
            "--accept-disappearance", action="store_true", help="more than half of the nodes are really gone"
        )

    documents(command("validate", "Check documents offline"))

    plan = documents(command("plan", "Show what would be done; nothing is written"))
    output(plan, "text", "json", "markdown")
    plan.add_argument("--detailed-exitcode", action="store_true", help="exit 2 when the plan is not empty")

    for name, text in (
        ("apply", "Show the plan, ask, then work until every node is ready"),
        ("destroy", "Delete what the stacks own, in order; what is retained stays"),
    ):
        writing = documents(command(name, text))
        output(writing, "text", "json")
        writing.add_argument("--yes", action="store_true", help="do not ask")
        writing.add_argument("--timeout", type=duration, default=1800.0, metavar="30m", help="give up after")
        believe(writing)

    run = documents(command("run", "Keep the stacks as their documents say, until told to stop"))
    run.add_argument("--interval", type=duration, default=30.0, metavar="30s", help="time between passes")
    run.add_argument("--once", action="store_true", help="one pass over each stack, then end")
    run.add_argument("--address", default="127.0.0.1:8080", metavar="HOST:PORT", help="where metrics are served")
    believe(run)

    graph = documents(command("graph", "Draw the graph, coloured by state when AWS is reachable"))
    output(graph, "mermaid", "dot", "svg")
    graph.add_argument("--offline", action="store_true", help="draw the documents alone")

    kinds = command("kinds", "List the kinds, or every field of one")
    kinds.add_argument("kind", nargs="?", metavar="KIND", help="the kind to explain")

    command("schema", "Print the JSON Schema of the document, for editors")

    demo = command("demo", "The whole story on an embedded AWS emulator, no account needed")
    demo.add_argument("--serve", action="store_true", help="keep it running, to break things and watch")
    demo.add_argument("--address", default="127.0.0.1:8080", metavar="HOST:PORT", help="where metrics are served")
    return top
