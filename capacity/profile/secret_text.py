"""Which values are secrets, and are they named in the profile rather than written there?"""

from capacity.model.plan import Secret
from capacity.profile.problems import InputError
from capacity.profile.references import Lookup, holds_reference

_SECRET_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "api-key",
        "apikey",
        "x-api-key",
        "x-auth-token",
        "x-access-token",
    }
)
_REMEDY = "put it into a variable or a file and write ${env:NAME} or ${file:PATH}"


def is_written_out(header: str, value: str) -> bool:
    """Whether a header that carries a credential has it in the text itself."""
    return header.lower() in _SECRET_HEADERS and value != "" and not holds_reference(value)


def written_out(what: str) -> InputError:
    """The fault of a secret that stands where everybody can read it."""
    return InputError(f"{what} is a secret, and it is written out here", _REMEDY)


def read_secret(text: str, what: str, lookup: Lookup) -> Secret:
    """The content that references bring in; a secret in the profile itself is refused."""
    if not holds_reference(text):
        raise written_out(what)
    content = lookup.expand(text).strip()
    if not content:
        raise InputError(f"{what} is empty", "put the secret into the variable or the file")
    if any(byte < 0x20 or byte == 0x7F for byte in content):
        raise InputError(f"{what} holds a line break or a control character", "remove it")
    return Secret(content)
