"""One API server for all workers of a run: it takes seconds to start, and keeps a core busy now and then."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

from tests.kube.cluster import Cluster, OwnCluster

_started: list[OwnCluster] = []
"""What this worker started, and another may be the last to need."""


@contextmanager
def shared(folder: Path, own: Path) -> Iterator[Cluster]:
    """The API server of all who name the same `folder`; `own` is for the files of this one.

    Whoever needs it first starts it, and whoever needs it last ends it. Somebody who crashes needs it no longer.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "door").open("w") as door, (folder / "users").open("w") as users:
        served = folder / "served.json"
        with _alone(door):
            flock(users, LOCK_SH)
            if not served.exists():
                served.write_text(json.dumps(_start(Path(mkdtemp(dir=folder)))))
        found = json.loads(served.read_text())
        yield Cluster(own, found["port"], Path(found["authority"]))
        with _alone(door):
            if _is_last(users):
                served.unlink()
                _end(found["processes"])


@contextmanager
def _alone(door: IO[str]) -> Iterator[None]:
    flock(door, LOCK_EX)
    yield
    flock(door, LOCK_UN)


def _is_last(users: IO[str]) -> bool:
    try:
        flock(users, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start(folder: Path) -> dict[str, object]:
    started = OwnCluster(folder)
    _started.append(started)
    processes = [started.server.pid, started.etcd.pid]
    return {"port": started.port, "authority": str(started.authority), "processes": processes}


def _end(processes: list[int]) -> None:
    """Those that this worker started are waited for; the others are their starter's to bury."""
    ours = [each for each in _started if each.server.pid in processes]
    for each in ours:
        each.close()
    for process in () if ours else processes:
        os.kill(process, signal.SIGKILL)
