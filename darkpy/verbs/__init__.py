"""The commands of one word: `darkpy verb` is `darkpy/verbs/verb.py`. Only doctor imports torch."""
