"""Many pictures: worker processes, collections in shards, a cluster of machines.

Importing this package imports neither OpenCV, pyarrow nor Ray; each name is imported on first use.
"""

from typing import TYPE_CHECKING

from emotion_recognition.lazy_names import lazy_names

if TYPE_CHECKING:
    from emotion_recognition.collection.local_engine import LocalEngine as LocalEngine
    from emotion_recognition.collection.ray_engine import RayEngine as RayEngine
    from emotion_recognition.collection.run import CollectionSettings as CollectionSettings
    from emotion_recognition.collection.run import annotate_collection as annotate_collection
    from emotion_recognition.detection.detector_plan import DetectorPlan as DetectorPlan

_HOMES = {
    "annotate_collection": "collection.run",
    "CollectionSettings": "collection.run",
    "DetectorPlan": "detection.detector_plan",
    "LocalEngine": "collection.local_engine",
    "RayEngine": "collection.ray_engine",
}
__all__ = list(_HOMES)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
