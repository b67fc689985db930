"""The network that most tests of the core begin with, and an account that has it."""

import pytest

from controller.core.model.stack import Stack
from tests.core.account import Account, network, stack_of


@pytest.fixture
def stack() -> Stack:
    return stack_of(network())


@pytest.fixture
def account(stack: Stack) -> Account:
    return Account(stack)
