"""`darkpy doctor`: everything that can be known about a training before it is begun."""
