"""How weights move: the learning rate, the optimizer, averaged weights."""
