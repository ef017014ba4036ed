"""Answers for programs and browsers: a port, pages, streams of pictures and of JSON."""
