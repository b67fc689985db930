"""What moto works out anew for every request although it never changes: here it is worked out once.

No answer is another for it. A third of the emulator's time went into these few.
"""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from moto import backends
from moto.acm.models import CertBundle
from moto.core import responses

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("every service")
PATCHES.remembered(backends, "list_of_moto_modules")  # a walk through its folders
PATCHES.remembered(responses, "method_names_from_class")
PATCHES.remembered(rsa, "generate_private_key")  # one for all certificates: nobody here has a secret to keep

_read: dict[bytes, Any] = {}


@PATCHES.around(CertBundle, "validate_pk")
def _key(read: Method, certificate: Any) -> Any:
    """A key that was read is not read and checked again."""
    if certificate.key not in _read:
        _read[certificate.key] = read(certificate)
    return _read[certificate.key]
