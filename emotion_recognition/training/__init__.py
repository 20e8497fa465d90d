"""Schedules, callbacks, one stage of fitting, staged runs."""
