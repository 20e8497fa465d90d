"""By which names a service may be called.

A page elsewhere can make its own name lead to a visitor's machine (DNS rebinding), and a browser then takes the service
there for the page's own site. Names tell them apart; addresses need not be told apart, because no name led to them.
"""

import ipaddress
from collections.abc import Collection

#: Every machine's name for itself, RFC 6761.
_ITSELF = "localhost"


def is_called_by(host: str, names: Collection[str]) -> bool:
    """Whether a request may call the service so.

    Args:
        host: What the request's Host header says, with or without a port; empty where there is none, which no
            browser sends.
        names: Names in lower case that may be used beside addresses and localhost.

    Example:
        >>> [is_called_by(host, ["faces.example"]) for host in ("127.0.0.1:8000", "Faces.Example", "evil.example:8000")]
        [True, True, False]
    """
    name = host.lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0].removesuffix(".")
    return not host or name in names or name == _ITSELF or name.endswith(f".{_ITSELF}") or _is_address(name)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
