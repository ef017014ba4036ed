"""Measurements of the loader: speed, shares of its stages, memory."""
