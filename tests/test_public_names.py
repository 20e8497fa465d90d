"""The names that the library exports: each is there, stated once, and known to type checkers."""

import ast
import importlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import emotion_recognition
from emotion_recognition.lazy_names import lazy_names
from tests.conftest import REPOSITORY

PACKAGES = [
    "emotion_recognition",
    *(f"emotion_recognition.{room}" for room in ("data", "detection", "evaluation", "models", "pictures", "training")),
]


def exported(package: str) -> list[str]:
    return list(importlib.import_module(package).__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exported_name_is_there_and_says_what_it_is(package: str) -> None:
    module = importlib.import_module(package)
    names = exported(package)
    assert names
    assert set(names) <= set(dir(module))
    for name in names:
        found = getattr(module, name)
        assert not callable(found) or found.__doc__, name


def test_no_name_is_exported_twice() -> None:
    counts = Counter(name for package in PACKAGES for name in exported(package))
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_type_checkers_see_every_name_in_the_module_that_it_comes_from(package: str) -> None:
    module = importlib.import_module(package)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    (block,) = (
        statement.body
        for statement in tree.body
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"
    )
    imports = [statement for statement in block if isinstance(statement, ast.ImportFrom)]
    seen = {alias.asname: f"{statement.module}" for statement in imports for alias in statement.names}
    lazily = {**module._HOMES, **getattr(module, "_ALSO", {})}
    assert seen == {name: f"emotion_recognition.{home}" for name, home in lazily.items()}


def test_importing_the_packages_imports_neither_keras_nor_opencv() -> None:
    code = f"import sys, {', '.join(PACKAGES)}; print(sorted({{'keras', 'tensorflow', 'cv2'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'emotion_recognition' has no attribute 'EmotionDetecter'"):
        emotion_recognition.EmotionDetecter  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from emotion_recognition.data import nothing  # noqa: F401


def test_a_name_is_looked_up_once() -> None:
    find, _ = lazy_names("emotion_recognition", {"CLASS_COUNTS": "emotions"})
    try:
        assert find("CLASS_COUNTS") is vars(emotion_recognition)["CLASS_COUNTS"]
    finally:
        del vars(emotion_recognition)["CLASS_COUNTS"]
