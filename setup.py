"""Which packages an installation holds; everything else about the package stands in pyproject.toml.

The library's packages are found. Two more lie elsewhere in the checkout: the released models, and the scripts, which
the installed commands run and which get one package in place of a module each.
"""

from setuptools import find_packages, setup

PLACES = {"emotion_recognition.released": "FacialExpressionRecognition/output", "emotion_recognition_scripts": "."}

setup(
    packages=[*find_packages(include=["emotion_recognition", "emotion_recognition.*"]), *PLACES],
    package_dir=PLACES,
    # so that this file, which lies beside the scripts, is not taken for one
    script_name="setup.py",
)
