"""The picture of darkpy's packages: what imports what, and how it is drawn."""
