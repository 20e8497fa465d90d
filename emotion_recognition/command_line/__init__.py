"""What the scripts share, and nothing in the library imports: options, and how a mistake ends."""
