"""A file's text in, its pieces of mathematics out: ``fragments``, for LaTeX (``in_tex``), Markdown and plain text.

``macros`` writes a work's own macros out first, ``markers`` tells which exercise and part a piece belongs to, and
``conditions`` which words make it an assumption.
"""
