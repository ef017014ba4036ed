"""Pages and tables made from darkpy's own declarations; `scripts/make_docs` writes them."""
