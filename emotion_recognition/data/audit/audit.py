"""Looks through the splits for what harms training and evaluation: repeats, blanks, non-faces, doubtful labels.

Splits come in, findings go out. Stage before: HDF5 splits; next: :mod:`emotion_recognition.data.audit.report` writes
them down, and :mod:`emotion_recognition.data.building.dropping` builds without them.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emotion_recognition.data.audit.duplicates import exact_groups
from emotion_recognition.data.audit.near_duplicates import MOST_IMAGES, near_pairs
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.data.sources.fer2013.ferplus_labels import label_votes, votes_left
from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES
from emotion_recognition.emotions import CLASS_COUNTS, class_names
from emotion_recognition.error_about import about
from emotion_recognition.workspace import FERPLUS

#: An image is blank when its brightest and darkest pixel differ by at most this many of 255 levels: the noise that
#: JPEG leaves on an even grey.
BLANK_RANGE = 5

_NOT_A_FACE = VOTE_NAMES.index("NF")
_IMAGES_AT_ONCE = 4096


@dataclass(frozen=True)
class Place:
    """One image: the name of its split, and its row there from 0."""

    split: str
    row: int


@dataclass(frozen=True)
class Case:
    """One thing that was found.

    Args:
        places: The images that it is about; where others explain it, the one in question comes first.
        says: What there is to say beside the images' labels; may be empty.
    """

    places: tuple[Place, ...]
    says: str = ""


@dataclass(frozen=True)
class Finding:
    """All cases of one kind.

    Args:
        name: A word, for files and JSON.
        title: The same for people.
        counts: Images of each split that this kind is about.
        cases: The cases, in the order of the splits, or the worst first.
        ranked: Whether the worst come first.
    """

    name: str
    title: str
    counts: dict[str, int]
    cases: tuple[Case, ...]
    ranked: bool = False


@dataclass(frozen=True)
class Audit:
    """What an audit found, and what it did not look at.

    Args:
        class_names: The classes in label order.
        images: Images of each split.
        findings: What was found, a kind each; kinds without cases are there too.
        notes: Sentences about what was not looked at, and why.
    """

    class_names: tuple[str, ...]
    images: dict[str, int]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def audit_splits(
    splits: Mapping[str, Split],
    likely_errors: Mapping[str, Sequence[tuple[int, int]]] | None = None,
) -> Audit:
    """Looks through splits that belong together.

    Args:
        splits: The splits by name, ``train`` among them; all with the same classes.
        likely_errors: For each split pairs of a row and the class that a network sees there, the most doubtful row
            first; None if no network was asked.

    Raises:
        ValueError: If ``train`` is missing.
    """
    if "train" not in splits:
        raise ValueError(f"splits must have train. Received: {list(splits)}")
    names = next(iter(splits.values())).class_names
    places = [Place(name, row) for name, split in splits.items() for row in range(len(split))]
    labels = np.concatenate([split.labels for split in splits.values()])
    groups = exact_groups(itertools.chain.from_iterable(split.images for split in splits.values()))
    notes = []

    findings = [
        _group_finding("duplicates", "exact duplicates", groups, places, splits),
        _leaks("leaks", "exact twin in train", _first_twins(groups, places), places, splits, frozenset()),
        _group_finding(
            "conflicts",
            "duplicates with two labels",
            [group for group in groups if len(set(labels[group])) > 1],
            places,
            splits,
        ),
    ]
    if len(places) <= MOST_IMAGES:
        findings += _near_findings(splits, groups, places)
    else:
        notes.append(f"near duplicates were not looked for: that takes too long for more than {MOST_IMAGES:,} images.")
    findings.append(_row_finding("blank", "blank images", splits, blank_rows))
    if all(split.votes is not None for split in splits.values()):
        findings.append(_row_finding("notface", "no face, say FER+'s votes", splits, not_face_rows))
        if len(names) in CLASS_COUNTS and names == class_names(len(names)):
            findings += _contradictions(splits)
        else:
            notes.append(f"FER+'s votes do not fall on the classes {', '.join(names)}, so labels were not compared.")
    else:
        notes.append("FER+'s votes were not looked at: the splits were built without them.")
    if likely_errors is not None:
        findings.append(_likely_errors(splits, likely_errors, names))
    else:
        notes.append("likely wrong labels were not looked for: that takes a trained network.")
    return Audit(names, {name: len(split) for name, split in splits.items()}, tuple(findings), tuple(notes))


def blank_rows(split: Split) -> np.ndarray:
    """Rows of the images that are one even grey, ascending: int64 array."""
    rows = [np.empty(0, np.int64)]
    for start in range(0, len(split), _IMAGES_AT_ONCE):
        pixels = split.images[start : start + _IMAGES_AT_ONCE].reshape(-1, int(np.prod(split.images.shape[1:])))
        rows.append(start + np.flatnonzero(pixels.max(axis=1) - pixels.min(axis=1) <= BLANK_RANGE))
    return np.concatenate(rows)


def not_face_rows(split: Split) -> np.ndarray:
    """Rows where more than half of the votes left say that there is no face, ascending: int64 array.

    Raises:
        ValueError: If the split has no votes.
    """
    if split.votes is None:
        raise about(ValueError(f"the {split.split} split has no votes of FER+."), "build_with_votes")
    left = votes_left(split.votes)
    return np.flatnonzero(2 * left[:, _NOT_A_FACE].astype(np.int64) > left.sum(axis=1, dtype=np.int64))


def _count(splits: Iterable[str], places: Iterable[Place]) -> dict[str, int]:
    counts = dict.fromkeys(splits, 0)
    for place in places:
        counts[place.split] += 1
    return counts


def _row_finding(name: str, title: str, splits: Mapping[str, Split], rows_of: Callable[[Split], np.ndarray]) -> Finding:
    cases = tuple(Case((Place(key, int(row)),)) for key, split in splits.items() for row in rows_of(split))
    return Finding(name, title, _count(splits, (case.places[0] for case in cases)), cases)


def _group_finding(
    name: str, title: str, groups: Sequence[np.ndarray], places: Sequence[Place], splits: Mapping[str, Split]
) -> Finding:
    cases = tuple(Case(tuple(places[index] for index in group)) for group in groups)
    return Finding(name, title, _count(splits, (place for case in cases for place in case.places)), cases)


def _first_twins(groups: Sequence[np.ndarray], places: Sequence[Place]) -> dict[int, int]:
    """For each image outside train that has a twin in it, the first such twin."""
    twins = {}
    for group in groups:
        in_train = next((int(index) for index in group if places[index].split == "train"), None)
        if in_train is not None:
            twins.update({int(index): in_train for index in group if places[index].split != "train"})
    return twins


def _leaks(
    name: str,
    title: str,
    twins: Mapping[int, int],
    places: Sequence[Place],
    splits: Mapping[str, Split],
    known: frozenset[int],
) -> Finding:
    cases = tuple(Case((places[index], places[twins[index]])) for index in sorted(twins) if index not in known)
    return Finding(name, title, _count(splits, (case.places[0] for case in cases)), cases)


def _near_findings(splits: Mapping[str, Split], groups: Sequence[np.ndarray], places: Sequence[Place]) -> list[Finding]:
    group_of = {int(index): number for number, group in enumerate(groups) for index in group}
    pairs, correlations = near_pairs(np.concatenate([split.images for split in splits.values()]))
    cases: list[Case] = []
    near_twins: dict[int, int] = {}
    for (first, second), correlation in zip(pairs.tolist(), correlations.tolist(), strict=True):
        if first in group_of and group_of[first] == group_of.get(second):
            continue  # exact duplicates
        cases.append(Case((places[first], places[second]), f"correlation {correlation:.3f}"))
        for index, other in ((first, second), (second, first)):
            if places[index].split != "train" and places[other].split == "train":
                near_twins.setdefault(index, other)
    counts = _count(splits, {place for case in cases for place in case.places})
    exact = frozenset(_first_twins(groups, places))
    return [
        Finding("near_duplicates", "near duplicates", counts, tuple(cases)),
        _leaks("near_leaks", "near twin in train, no exact one", near_twins, places, splits, exact),
    ]


def _contradictions(splits: Mapping[str, Split]) -> list[Finding]:
    """Images where the votes have a majority for another class than the label."""
    all_cases, unvoted = [], []
    for name, split in splits.items():
        assert split.votes is not None, "the caller has looked"
        majority = label_votes(split.votes, len(split.class_names), FERPLUS)
        for row, voted, shares in zip(majority.rows, majority.labels, majority.distributions, strict=True):
            label = split.labels[row]
            if label != voted:
                case = Case((Place(name, int(row)),), f"FER+: {split.class_names[voted]} {shares[voted]:.0%}")
                all_cases.append(case)
                if shares[label] == 0:
                    unvoted.append(case)
    return [
        Finding(key, title, _count(splits, (case.places[0] for case in cases)), tuple(cases))
        for key, title, cases in (
            ("contradictions", "FER+'s majority for another class", all_cases),
            ("unsupported", "so, and no two votes for the label", unvoted),
        )
    ]


def _likely_errors(
    splits: Mapping[str, Split], likely_errors: Mapping[str, Sequence[tuple[int, int]]], names: Sequence[str]
) -> Finding:
    ranked = [
        [Case((Place(key, row),), f"network: {names[seen]}") for row, seen in likely_errors.get(key, ())]
        for key in splits
    ]
    # The splits take turns, so that the first cases are the worst of each.
    cases = tuple(case for turn in itertools.zip_longest(*ranked) for case in turn if case is not None)
    counts = {key: len(of_split) for key, of_split in zip(splits, ranked, strict=True)}
    return Finding("label_errors", "likely wrong labels", counts, cases, ranked=True)
