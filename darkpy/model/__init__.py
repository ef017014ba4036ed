"""The network of a cfg, its weights file and the precision it computes in."""
