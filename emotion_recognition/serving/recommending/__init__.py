"""Recommends items of a catalogue that suit a mood, and learns from what is taken; needs the extra ``recommend``."""
