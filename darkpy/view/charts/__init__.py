"""Records -> matplotlib figures; nothing here needs a display."""
