"""A small server of our own that answers what it is told: the stand-in of the client's tests."""

import threading
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from controller.aws.client.cloud import AwsCloud, RequestRecord
from controller.aws.client.limits import Limits

LOST = (0, "")
"""The server closes the connection instead of answering."""
ACCOUNT = "<GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>"


def failing(code: str, message: str = "no", status: int = 400) -> tuple[int, str]:
    """An error as EC2 writes it; the other XML services find what they need in it as well."""
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return status, f"<Response><Errors>{error}</Errors>{error}<RequestID>r-1</RequestID></Response>"


def answering(inside: str) -> tuple[int, str]:
    """An answer with this inside."""
    return 200, f"<OPERATIONResponse><requestId>r-1</requestId>{inside}</OPERATIONResponse>"


class Aws:
    """What the server answers to each operation, in turn (the last one for ever), and what it was asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.answers = {"GetCallerIdentity": [answering(ACCOUNT)]}
        self.asked: list[dict[str, str]] = []
        self.agents: list[str] = []

    def reply(self, asked: dict[str, str], agent: str) -> tuple[int, str]:
        with self._lock:
            self.asked.append(asked)
            self.agents.append(agent)
            answers = self.answers[asked["Action"]]
            status, text = answers.pop(0) if len(answers) > 1 else answers[0]
            return status, text.replace("OPERATION", asked["Action"])

    def count(self, operation: str) -> int:
        return sum(asked["Action"] == operation for asked in self.asked)


def answering_for(aws: Aws) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            status, text = aws.reply(asked, self.headers["User-Agent"])
            if status:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Answering


class World:
    """AWS, a cloud that reaches it, and what was recorded, waited and slept on the way."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.records: list[RequestRecord] = []
        self.waits: list[float] = []
        self.retries: list[float] = []
        self.now = 0.0
        self.limits = Limits(clock=lambda: self.now, sleep=self.waits.append)

    def cloud(self, **options: Any) -> AwsCloud:
        wanted = {"limits": self.limits, "observe": self.records.append, "clock": lambda: self.now, **options}
        return AwsCloud("eu-west-1", **wanted)

    def outcomes(self) -> list[tuple[str, int, bool]]:
        return [(record.outcome, record.attempts, record.throttled) for record in self.records]
