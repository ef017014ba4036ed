"""Broken files made from sound ones, the same ones for the same seed."""
