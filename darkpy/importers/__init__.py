"""Data sets of other programs, read into one form and written as Darknet's files.

The source is only read. Its pictures are linked or copied, never moved, turned or encoded anew.
"""
