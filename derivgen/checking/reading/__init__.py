"""A piece of mathematics in, its statements out: characters (``scanning``), tokens (``foreign``), trees (``parsing``,
``sums_and_cases``), chains (``statements``); the ``symbols`` of the network decide what each of them means.
"""
