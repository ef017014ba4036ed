"""The verbs of `darkpy detector`, a module each, and what they share."""
