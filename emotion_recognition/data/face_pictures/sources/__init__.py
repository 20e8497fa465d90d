"""Where photographs with face boxes come from: one reader a kind of source, a registry row each."""
