"""The networks: one per file, with a function of the file's name, and a row each in the registry above this folder."""
