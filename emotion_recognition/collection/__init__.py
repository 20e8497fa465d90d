"""Many pictures: worker processes, collections in shards, a cluster of machines."""
