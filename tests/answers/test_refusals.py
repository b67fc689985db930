"""Every recorded refusal of a service of ours has the meaning that was decided for it by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from controller.aws.client.meanings import meaning_of

REFUSALS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "refusals.json").read_text(encoding="utf-8"))
CODES = sorted({(each["service"], each["code"]) for each in REFUSALS})


@pytest.mark.parametrize(("service", "code"), CODES)
def test_what_a_refusal_means(service: str, code: str) -> None:
    """What follows from a refusal is what AWS meant by it: by its code, its status and its words."""
    said = [each for each in REFUSALS if (each["service"], each["code"]) == (service, code)]
    wrong = [each for each in said if each["meaning"] != meaning_of(code, each["status"], each["message"])]
    assert [] == wrong
