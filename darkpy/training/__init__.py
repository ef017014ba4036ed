"""The training loop and what it stands on; the records that it yields."""
