"""`darkpy classifier`: a module a verb."""
