"""Results as text for a terminal: tables of faces and of the seconds that each emotion was seen."""

from collections.abc import Mapping, Sequence

from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.pictures.shown_path import printed


def headline(sight: Sight) -> str:
    """A picture in one line: its name, its size and how many faces it has."""
    count = len(sight.faces)
    return f"{printed(sight.file)}: {sight.size[0]}×{sight.size[1]} pixels, {count or 'no'} face{'s' * (count != 1)}"


def faces_table(faces: Sequence[SeenFace]) -> str:
    """Two tables of at least one face: box, score and emotion, and all probabilities."""
    lines = ["face      x      y  width height  score  emotion   probability"]
    for number, face in enumerate(faces, start=1):
        emotion = face.emotion
        x, y, width, height = emotion.box
        lines.append(
            f"{number:4d} {x:6d} {y:6d} {width:6d} {height:6d} {emotion.score:6.3f}  "
            f"{emotion.emotion:9s} {emotion.probability:11.3f}"
        )
    lines.append("face " + " ".join(f"{name:>8s}" for name in faces[0].emotion.probabilities))
    for number, face in enumerate(faces, start=1):
        values = face.emotion.probabilities.values()
        lines.append(f"{number:4d} " + " ".join(f"{probability:8.3f}" for probability in values))
    return "\n".join(lines)


def seconds_table(seconds: Mapping[int | None, Mapping[str, float]], class_names: Sequence[str]) -> str:
    """A table of seconds per identity and emotion.

    Example:
        >>> print(seconds_table({1: {"sad": 2.5}, None: {"happy": 0.25}}, ("happy", "sad")))
        seconds     happy      sad      all
        face 1        0.0      2.5      2.5
        others        0.2      0.0      0.2
        all           0.2      2.5      2.8
    """
    if not seconds:
        return "no faces"
    table = {("others" if number is None else f"face {number}"): dict(shown) for number, shown in seconds.items()}
    # Without a single identity nobody is "other".
    if set(seconds) == {None}:
        table = {}
    table["all"] = {name: sum(shown.get(name, 0.0) for shown in seconds.values()) for name in class_names}
    lines = ["seconds  " + " ".join(f"{name:>8s}" for name in (*class_names, "all"))]
    for who, shown in table.items():
        values = [shown.get(name, 0.0) for name in class_names]
        lines.append(f"{who:9s}" + " ".join(f"{value:8.1f}" for value in (*values, sum(values))))
    return "\n".join(lines)
