"""The second stage of the project's face detector: a small network that looks at one face at a time, from close by.

:mod:`outputs` and :mod:`fusion` need NumPy alone, so that detection can read what it says without Keras.
"""
