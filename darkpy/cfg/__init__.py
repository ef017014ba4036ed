"""The cfg language as text: sections, typed options, data files. Standard library only."""
