"""`darkpy check`: what is wrong or odd about a cfg, from its plan alone. Standard library only.

`table.py` lists the checks; each is a function of a `Subject` that leaves its remarks there.
"""
