"""Pages and tables that are made from darkpy's own declarations; `scripts/make_docs` writes them."""
