"""The HTTP service: detection over HTTP and WebSocket, the page that uses it, and recommendations.

:mod:`emotion_recognition.serving.server` runs it, :mod:`emotion_recognition.serving.app` puts it together. Importing
this package imports nothing that only the extra ``serve`` brings.
"""
