"""What an error says to a person, and which arguments it is about, for which a command line names its own options.

The library knows arguments and no options: it raises ``about(ValueError("..."), "learning_rate")``, and
:mod:`emotion_recognition.command_line.advice` adds "(-lr)" where a script ends with it.
"""

from typing import TypeVar

Problem = TypeVar("Problem", bound=Exception)


def about(error: Problem, *names: str) -> Problem:
    """Notes which arguments, or which missing step, an error is about.

    Args:
        error: The error that is going to be raised.
        names: Names of arguments, such as "learning_rate", or of steps, such as "build_splits".

    Returns:
        The same error.

    Example:
        >>> error = about(ValueError("learning_rate must be positive. Received: -1"), "learning_rate")
        >>> names_of(error)
        ('learning_rate',)
    """
    error.__dict__["about"] = names
    return error


def names_of(error: BaseException) -> tuple[str, ...]:
    """What :func:`about` has noted of an error; empty without."""
    names: tuple[str, ...] = error.__dict__.get("about", ())
    return names


def text_of(error: Exception) -> str:
    """What an error says, of the operating system's without the number and the quotes of Python's own text.

    Example:
        >>> text_of(PermissionError(13, "Permission denied", "a.jpg"))
        'a.jpg: Permission denied'
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)
