"""From a list file to batches: paths, labels, decoded pictures, random streams, the loader."""
