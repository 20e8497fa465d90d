"""The project's own face detector at work: its ONNX file with NumPy and OpenCV, without Keras.

A picture goes in, faces come out. The network itself is :mod:`emotion_recognition.models.face_ssd`.
"""
