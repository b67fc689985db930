"""`holdfast`: the command line. Every error that is meant to be seen ends here, as a message and an exit code."""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

from controller.cli import reading, running, writing
from controller.cli.arguments import parser
from controller.cli.demo import demo
from controller.cli.wiring import Parts, parts
from controller.core.cloud import HoldfastError
from controller.report import logs
from controller.report.secrecy import scrub

Command = Callable[[Namespace, Parts], int]

COMMANDS: dict[str, Command] = {
    "validate": reading.validate,
    "plan": reading.plan,
    "apply": writing.apply,
    "destroy": writing.destroy,
    "run": running.run,
    "graph": reading.graph,
    "kinds": reading.kinds,
    "schema": reading.schema,
    "demo": demo,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 not done, 2 as `plan --detailed-exitcode` says."""
    arguments = parser().parse_args(words)
    logs.set_up("info" if arguments.command == "run" and arguments.log_level == "warning" else arguments.log_level)
    try:
        with parts() as given:
            return COMMANDS[arguments.command](arguments, given)
    except HoldfastError as error:
        sys.stderr.write(f"{scrub(str(error))}\n")
        return 1
    except BrokenPipeError:
        # Whoever read the output has heard enough, as `head` does.
        sys.stderr.close()
        return 1


if __name__ == "__main__":
    sys.exit(main())
