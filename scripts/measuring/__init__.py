"""`scripts/bench map`: what the evaluation alone takes, beside other programs that do it."""
