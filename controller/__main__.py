"""`holdfast`, and `python -m controller`: the way into the program."""

import gc


def main() -> int:
    """Import what the commands need, and run the one that was asked for; returns its exit code.

    What is imported lives as long as the program: looking through it for garbage takes a seventh of a start.
    """
    gc.disable()
    from controller.cli.main import main as run  # noqa: PLC0415  # see above

    gc.freeze()
    gc.enable()
    return run()


if __name__ == "__main__":
    raise SystemExit(main())
