"""Somebody's derivation against the truth, line by line."""
