"""The items that can be recommended: a CSV or JSON file, or a list in a request, becomes a catalogue.

Every faulty row is named, all of them at once. Next: :mod:`emotion_recognition.serving.recommending.recommender`.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: More items than this are no catalogue that is ranked within a request.
MOST_ITEMS = 5000

_FIELDS = ("id", "title", "moods", "url")
_LONGEST_ID, _LONGEST_TEXT = 100, 500
_SHOWN_ERRORS = 5


@dataclass(frozen=True)
class Item:
    """Something that can be recommended.

    Args:
        id: What it is called in feedback; unique.
        title: What people read.
        moods: The emotions that it suits; with none it suits all alike. They decide until there is feedback.
        url: Where it is, ``http(s)://`` or a path of the page's own site; None without.
    """

    id: str
    title: str
    moods: tuple[str, ...]
    url: str | None = None


def read_catalogue(path: Path, class_names: Sequence[str]) -> list[Item]:
    """Reads a catalogue.

    Args:
        path: A CSV file with the columns id, title, moods (with spaces or semicolons between them) and, if wanted, url;
            or a JSON file with a list of objects of these names, whose moods are a list.
        class_names: The emotions that moods may name.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no such file, or rows are wrong; the message names the first of them.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no catalogue {path}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8.") from error
    if path.suffix.lower() == ".json":
        try:
            rows = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is not JSON: {error}") from error
        return check_items(rows, class_names, str(path))
    return _checked(list(_csv_rows(text, path)), class_names, str(path))


def check_items(rows: Any, class_names: Sequence[str], name: str) -> list[Item]:
    """Makes items of a list of objects, as JSON has them.

    Args:
        rows: The list.
        class_names: The emotions that moods may name.
        name: What the errors call it.

    Raises:
        ValueError: If rows are wrong; the message names the first of them.

    Example:
        >>> check_items([{"id": "1", "title": "Walk", "moods": ["calm"]}], ("happy", "sad"), "catalogue")
        Traceback (most recent call last):
        ...
        ValueError: catalogue: row 1: 'calm' is none of the emotions happy, sad
    """
    if not isinstance(rows, list):
        raise ValueError(f"{name} must be a list of items. Received: {type(rows).__name__}")
    return _checked([(f"row {number}", row) for number, row in enumerate(rows, 1)], class_names, name)


def _csv_rows(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    reader = csv.DictReader(io.StringIO(text))
    missing = [field for field in _FIELDS[:3] if field not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path} must have the columns id, title and moods. Missing: {', '.join(missing)}")
    try:
        for row in reader:
            if None in row or None in row.values():
                yield f"line {reader.line_num}", "as many values as the header has columns"
                continue
            moods = [mood for mood in re.split(r"[;\s]+", row["moods"]) if mood]
            yield f"line {reader.line_num}", {**row, "moods": moods, "url": row.get("url") or None}
    except csv.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: {error}") from error


def _checked(rows: Sequence[tuple[str, Any]], class_names: Sequence[str], name: str) -> list[Item]:
    if not rows:
        raise ValueError(f"{name} has no items.")
    if len(rows) > MOST_ITEMS:
        raise ValueError(f"{name} must have at most {MOST_ITEMS:,} items. Received: {len(rows):,}")
    items: dict[str, Item] = {}
    wrong: list[str] = []
    for place, row in rows:
        try:
            item = _item(row, class_names)
            if item.id in items:
                raise ValueError(f"the id {item.id!r} is there twice")
            items[item.id] = item
        except ValueError as error:
            wrong.append(f"{place}: {error}")
    if wrong:
        more = f"; and {len(wrong) - _SHOWN_ERRORS} more" if len(wrong) > _SHOWN_ERRORS else ""
        raise ValueError(f"{name}: {'; '.join(wrong[:_SHOWN_ERRORS])}{more}")
    return list(items.values())


def _item(row: Any, class_names: Sequence[str]) -> Item:
    if isinstance(row, str):
        raise ValueError(f"must have {row}")
    if not isinstance(row, Mapping):
        raise ValueError("must be an object with id, title and moods")
    moods, url = row.get("moods", []), row.get("url")
    if not isinstance(moods, list) or not all(isinstance(mood, str) for mood in moods):
        raise ValueError("moods must be a list of emotions")
    for mood in moods:
        if mood not in class_names:
            raise ValueError(f"{mood!r} is none of the emotions {', '.join(class_names)}")
    if url is not None and not (isinstance(url, str) and _is_address(url)):
        raise ValueError(f"url must begin with http://, https:// or /. Received: {str(url)[:40]!r}")
    return Item(_text(row, "id", _LONGEST_ID), _text(row, "title", _LONGEST_TEXT), tuple(dict.fromkeys(moods)), url)


def _is_address(url: str) -> bool:
    """Whether it is no script: what is shown as a link must lead somewhere."""
    if not is_whole(url):
        return False
    is_own = url.startswith("/") and not url.startswith(("//", "/\\"))
    return len(url) <= _LONGEST_TEXT and (is_own or url.lower().startswith(("http://", "https://")))


def _text(row: Mapping[str, Any], field: str, longest: int) -> str:
    value = row.get(field)
    value = value.strip() if isinstance(value, str) else value
    if not isinstance(value, str) or not value or len(value) > longest:
        raise ValueError(f"{field} must be a text of 1 to {longest} characters")
    if not is_whole(value):
        raise ValueError(f"{field} has half a character in it")
    return value


def is_whole(text: str) -> bool:
    """Whether it can be sent: JSON may hold halves of characters, which UTF-8 cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
