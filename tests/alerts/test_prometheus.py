"""A real Prometheus that scrapes a real `holdfast run` over a stand-in for EC2: an alert fires and resolves."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.alerts.rules import FILE, shortened, tool
from tests.cli.kit import Account, Running, document, fetch, series, until

FASTER = 100
"""So many times shorter every duration of the rules is: five minutes are three seconds."""
RESOURCES = """\
Vpc: {main: {cidrBlock: 10.0.0.0/16}}
Subnet: {private-a: {vpc: main, cidrBlock: 10.0.1.0/24, availabilityZone: us-east-1a, mapPublicIpOnLaunch: false}}
"""
SCRAPING = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: holdfast
    honor_labels: true
    static_configs: [{{targets: ["{target}"]}}]
"""


class Prometheus:
    """A Prometheus that runs, and the alerts that it knows of."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log

    def asked(self, path: str) -> Any:
        """The answer of its API; nothing before it is ready."""
        status, text = fetch(f"{self.url}/api/v1/{path}")
        return json.loads(text)["data"] if status == 200 else {}

    def firing(self, name: str) -> list[dict[str, Any]]:
        """The alerts of this name that fire."""
        alerts = self.asked("alerts").get("alerts", ())
        return [each for each in alerts if each["state"] == "firing" and each["labels"]["alertname"] == name]

    def states(self) -> str:
        """All that it says, for the message of a wait in vain."""
        return f"{self.asked('alerts')}\n{self.asked('targets')}\n{self.log.read_text()}"


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Prometheus]:
    """Prometheus with the alerts as they are installed, quicker, over one target; it ends with the context."""
    folder.mkdir()
    (folder / "alerts.yaml").write_text(shortened(FILE.read_text(), FASTER))
    (folder / "prometheus.yaml").write_text(SCRAPING.format(target=target))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = [
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'storage'}",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    log = folder / "log"
    with log.open("wb") as said:
        started = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        yield Prometheus(f"http://{address}", log)
    finally:
        started.terminate()
        started.wait(20)


def test_drift_fires_with_the_name_of_its_node_and_resolves_when_it_is_put_right(tmp_path: Path) -> None:
    """What changes behind the stack's back is told by node, state and reason, and taken back when it is undone."""
    tool("prometheus")
    path = tmp_path / "web.yaml"
    path.write_text(document("web", RESOURCES, allow="[Create]"))
    with (
        Account() as ec2,
        Running("run", path, "--interval", "0.2", "--address", "127.0.0.1:0", AWS_ENDPOINT_URL=ec2.url) as holdfast,
        prometheus(tmp_path / "prometheus", holdfast.address().removeprefix("http://")) as seen,
    ):

        def in_sync() -> bool:
            text = fetch(f"{holdfast.address()}/metrics")[1]
            return len(series(text, "holdfast_node_drifted", state="in-sync")) == 2

        until(in_sync, lambda: holdfast.said)
        path.write_text(document("web", RESOURCES, mode="Observe"))
        until(lambda: holdfast.logged("documents read again"), lambda: holdfast.said)
        until(lambda: seen.asked("query?query=holdfast_leader").get("result"), seen.states)
        assert [] == seen.firing("HoldfastDriftPresent")

        (subnet,) = [thing for thing in ec2.world.things["subnet"].values() if thing.get("Tags")]
        ec2.world.modify_subnet_attribute({"SubnetId": subnet.id, "MapPublicIpOnLaunch": {"Value": True}})
        (alert,) = until(lambda: seen.firing("HoldfastDriftPresent"), seen.states)

        told = alert["labels"]
        assert ("web", "Subnet", "private-a", "warning") == tuple(
            told[label] for label in ("stack", "kind", "node", "severity")
        )
        assert "instance" not in told
        assert "Subnet/private-a of stack web differs from its document" == alert["annotations"]["summary"]
        description = alert["annotations"]["description"]
        assert "State: drifted. Checks that block it: mode. First: " in description
        assert "https://holdfast.dev/runbooks/drift-present" == alert["annotations"]["runbook_url"]

        ec2.world.modify_subnet_attribute({"SubnetId": subnet.id, "MapPublicIpOnLaunch": {"Value": False}})
        until(lambda: not seen.firing("HoldfastDriftPresent"), seen.states)
        until(in_sync, lambda: holdfast.said)
        health = {rule["health"] for group in seen.asked("rules")["groups"] for rule in group["rules"]}
        assert {"ok"} == health
