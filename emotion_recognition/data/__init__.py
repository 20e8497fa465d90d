"""Sources -> HDF5 splits -> augmented batches.

Importing this package imports nothing else; each name is imported on first use.
"""

from typing import TYPE_CHECKING

from emotion_recognition.lazy_names import lazy_names

if TYPE_CHECKING:
    from emotion_recognition.data.audit.audit import Audit as Audit
    from emotion_recognition.data.audit.audit import audit_splits as audit_splits
    from emotion_recognition.data.batches.augmentation import Augmentation as Augmentation
    from emotion_recognition.data.batches.batches import TrainingBatches as TrainingBatches
    from emotion_recognition.data.building.build import build as build
    from emotion_recognition.data.building.built import Built as Built
    from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation as FaceAugmentation
    from emotion_recognition.data.face_pictures.building import build_face_splits as build_face_splits
    from emotion_recognition.data.face_pictures.hdf5 import read_face_split as read_face_split
    from emotion_recognition.data.face_pictures.split import FaceSplit as FaceSplit
    from emotion_recognition.data.files.hdf5 import Split as Split
    from emotion_recognition.data.files.hdf5 import read_split as read_split
    from emotion_recognition.data.sources.class_labels import ClassLabels as ClassLabels
    from emotion_recognition.data.sources.registry import recognise as recognise
    from emotion_recognition.data.sources.source import Account as Account
    from emotion_recognition.data.sources.source import Chunk as Chunk
    from emotion_recognition.data.sources.source import Source as Source
    from emotion_recognition.data.sources.source import SourceOptions as SourceOptions

_HOMES = {
    "Split": "data.files.hdf5",
    "recognise": "data.sources.registry",
    "SourceOptions": "data.sources.source",
    "ClassLabels": "data.sources.class_labels",
    "Source": "data.sources.source",
    "Chunk": "data.sources.source",
    "Account": "data.sources.source",
    "build": "data.building.build",
    "Built": "data.building.built",
    "read_split": "data.files.hdf5",
    "Augmentation": "data.batches.augmentation",
    "TrainingBatches": "data.batches.batches",
    "Audit": "data.audit.audit",
    "audit_splits": "data.audit.audit",
    "FaceSplit": "data.face_pictures.split",
    "build_face_splits": "data.face_pictures.building",
    "read_face_split": "data.face_pictures.hdf5",
    "FaceAugmentation": "data.face_pictures.augmentation",
}
__all__ = list(_HOMES)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
