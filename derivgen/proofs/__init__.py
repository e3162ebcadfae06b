"""A table of proofs with sums over an index: a claim's name in; its links, printed and verified, out."""
