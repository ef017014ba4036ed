"""The page of `detector map -report`: one file, no script, nothing from elsewhere."""
