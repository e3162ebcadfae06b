"""Statements in, verdicts out: ``works`` goes through the chains, ``sides`` judges one side, ``telling`` says it.

In symbols by ``deciding`` (``fitting`` of shapes, ``shaping``, ``branches`` at kinks, ``vanishing`` behind closed
ones), in numbers by ``carrying``, ``rounding`` and ``letting`` (numbers beside letters), under what is assumed by
``supposing``; ``summing`` adds shares up, ``stepping`` follows updates; ``expecting`` is what should stand there,
``diagnosing`` the slip.
"""
