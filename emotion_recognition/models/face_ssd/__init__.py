"""The project's own face detector as a network: a single-shot detector (Liu et al. 2016, arXiv:1512.02325).

:mod:`priors` and :mod:`box_coding` need NumPy alone, so that detection can read the network's outputs without Keras.
"""
