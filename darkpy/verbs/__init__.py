"""The commands of one word: `darkpy verb` is `darkpy/verbs/verb.py`. None of them imports torch."""
