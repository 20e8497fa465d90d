"""How Sphinx makes the API pages: what each package of the library exports, from its docstrings (``make docs``)."""

from importlib import import_module
from pathlib import Path
from typing import Any

from sphinx.util.logging import getLogger

from emotion_recognition import __version__
from emotion_recognition.quiet_start import import_keras

# Sphinx documents what is in a package, and exported names are there once they have been asked for.
import_keras()
PAGES = sorted(page.stem for page in Path().glob("*.rst") if page.stem != "index")
EXPORTED = [
    f"{package}.{name}"
    for package in ("emotion_recognition", *(f"emotion_recognition.{page}" for page in PAGES))
    for name in import_module(package).__all__
    if name != "__version__" and hasattr(import_module(package), name)
]

project = "emotion_recognition"
author = "The emotion-recognition developers"
release = __version__
html_title = f"{project} {release}"
html_copy_source = False
html_show_copyright = False

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# Of each package what its __all__ lists, in that order; the names come from modules of their own.
autodoc_default_options = {"members": True, "imported-members": True}
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True


def setup(app: Any) -> None:
    """Makes an exported name without an entry a warning, which ``make docs`` takes for an error."""
    app.connect("env-check-consistency", _check_exported)


def _check_exported(_app: Any, environment: Any) -> None:
    documented = environment.domains.python_domain.objects
    for name in EXPORTED:
        if name not in documented:
            getLogger(__name__).warning("%s is exported, but has no entry on the API pages", name)
