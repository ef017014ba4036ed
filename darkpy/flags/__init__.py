"""What may be said to each verb: its flags, declared as the keys of a cfg are. No torch."""
