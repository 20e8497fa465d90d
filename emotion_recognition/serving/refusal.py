"""What the service does not do for a client, and why: becomes a JSON answer with that status."""

from collections.abc import Mapping


class RefusalError(Exception):
    """A request that is not carried out.

    Args:
        status: The HTTP status, 400..599.
        code: A word for programs, such as ``"too_many_bytes"``.
        message: A sentence for people: what is wrong, and what to do.
        headers: Headers of the answer, such as ``Retry-After``.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})

    def to_dict(self) -> dict[str, str]:
        """The body of the answer.

        Example:
            >>> RefusalError(413, "too_many_bytes", "Send less.").to_dict()
            {'error': 'Send less.', 'code': 'too_many_bytes'}
        """
        return {"error": self.message, "code": self.code}


def busy(seconds: float) -> RefusalError:
    """The refusal of a service that has too much to do.

    Args:
        seconds: After how long it is worth asking again.

    Example:
        >>> busy(0.2).headers
        {'Retry-After': '1'}
    """
    wait = max(1, round(seconds))
    return RefusalError(
        503, "busy", f"All detectors are busy; ask again in {wait} s.", headers={"Retry-After": str(wait)}
    )
