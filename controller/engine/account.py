"""The account of a document, in which alone it is read and written."""

from dataclasses import dataclass

from controller.core.model.cloud import HoldfastError
from controller.core.model.stack import Stack


@dataclass
class WrongAccount(HoldfastError):
    """The credentials belong to another account than the document: nothing is read, nothing is written."""

    stack: str
    wanted: str
    account: str

    def __str__(self) -> str:
        return (
            f"stack {self.stack} is for account {self.wanted}, but the credentials are for {self.account}; "
            "nothing was read or written there"
        )


def check_account(stack: Stack, account: str) -> None:
    """Nothing is done in another account than the document's. Raises `WrongAccount`."""
    if stack.account_id and stack.account_id != account:
        raise WrongAccount(stack.name, stack.account_id, account)
