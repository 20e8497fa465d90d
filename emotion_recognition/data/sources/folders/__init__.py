"""Folders of pictures: a folder for each class, or Pascal VOC annotations."""
