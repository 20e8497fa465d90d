"""Reads addresses of other machines, of a Ray cluster or of a training's first process: HOST:PORT."""

_MOST_PORT = 65535


def host_and_port(address: str) -> tuple[str, int] | None:
    """The parts of an address; None if it is none.

    Example:
        >>> host_and_port("10.0.0.1:6379")
        ('10.0.0.1', 6379)
        >>> [host_and_port(text) for text in ("10.0.0.1", ":6379", "10.0.0.1:99999")]
        [None, None, None]
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _MOST_PORT:
        return None
    return host, int(port)
