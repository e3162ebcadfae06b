"""A sum of products in; the same with its coefficients gathered, equal bases merged and like terms collected, out.

A product is taken apart into a coefficient and its other factors, in order, and put together again the way it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derivgen.expression import ONE, ZERO, Apply, Number, Tree, apply, negate, number, product, total

Term = tuple[Fraction, tuple[Tree, ...]]
UNIT = Fraction(1)


def decompose(tree: Tree) -> Term:
    """The coefficient of a product and its other factors, in order."""
    if isinstance(tree, Number):
        return tree.value, ()
    if not isinstance(tree, Apply):
        return UNIT, (tree,)
    if tree.operation == "negate":
        coefficient, factors = decompose(tree.args[0])
        return -coefficient, factors
    if tree.operation == "multiply":
        coefficient = UNIT
        all_factors: list[Tree] = []
        for argument in tree.args:
            inner, factors = decompose(argument)
            coefficient *= inner
            all_factors.extend(factors)
        return coefficient, tuple(all_factors)
    if tree.operation in ("divide", "reciprocal"):
        above, factors = decompose(tree.args[0]) if tree.operation == "divide" else (UNIT, ())
        below, divisors = decompose(tree.args[-1])
        if not below:
            return UNIT, (tree,)
        return above / below, (_quotient(factors, divisors),) if divisors else factors
    if tree.operation == "power" and isinstance(tree.args[1], Number):
        if tree.args[1].value == 0:
            return UNIT, ()
        if tree.args[1].value == 1:
            return decompose(tree.args[0])
    return UNIT, (tree,)


def _quotient(above: Iterable[Tree], below: Iterable[Tree]) -> Tree:
    """One fraction of these factors: 1/b, x/(b w²)."""
    numerator, denominator = product(above), product(below)
    if denominator == ONE:
        return numerator
    return apply("reciprocal", denominator) if numerator == ONE else apply("divide", numerator, denominator)


def _compose(coefficient: Fraction, factors: Iterable[Tree]) -> Tree:
    """The product with its number first; a fraction that stands first takes it in, any fraction its denominator.

    2 · u/c → 2u/c, and ½ · x · u/c → x · u/(2c).
    """
    written = list(factors)
    if not coefficient:
        return ZERO
    if coefficient < 0:
        return negate(_compose(-coefficient, written))
    place = next((i for i, factor in enumerate(written) if _is_fraction(factor)), -1)
    if place < 0:
        return product((number(coefficient), *written))
    fraction = written[place]
    assert isinstance(fraction, Apply)
    above = _flat(fraction.args[0]) if fraction.operation == "divide" else ()
    below = (number(coefficient.denominator), *_flat(fraction.args[-1]))
    if place == 0:
        return product((_quotient((number(coefficient.numerator), *above), below), *written[1:]))
    written[place] = _quotient(above, below)
    return product((number(coefficient.numerator), *written))


def _is_fraction(tree: Tree) -> bool:
    return isinstance(tree, Apply) and tree.operation in ("divide", "reciprocal")


def _flat(tree: Tree) -> tuple[Tree, ...]:
    return tree.args if isinstance(tree, Apply) and tree.operation == "multiply" else (tree,)


def _bases(factors: Iterable[Tree]) -> tuple[Fraction, list[tuple[Tree, int]]]:
    """The coefficient of a product and the bases of its powers as they come, negative exponents below the line."""
    coefficient, found = UNIT, []
    stack = [(factor, 1) for factor in reversed(tuple(factors))]
    while stack:
        part, times = stack.pop()
        operation = part.operation if isinstance(part, Apply) else ""
        if isinstance(part, Number) and part.value:
            coefficient *= part.value**times
        elif not isinstance(part, Apply) or operation not in _MONOMIAL:
            found.append((part, times))
        elif operation == "power":
            assert isinstance(part.args[1], Number)
            if exponent := int(part.args[1].value):
                stack.append((part.args[0], times * exponent))
        else:
            if operation == "negate":
                coefficient *= (-1) ** times
            last = -times if operation in ("divide", "reciprocal") else times
            stack.append((part.args[-1], last))
            stack += [(argument, times) for argument in reversed(part.args[:-1])]
    return coefficient, found


_MONOMIAL = ("negate", "multiply", "divide", "reciprocal", "power")


def folded(coefficient: Fraction, factors: Iterable[Tree]) -> Term:
    """The product with equal bases merged, as one fraction: 2/y · 1/x² · x³ → 2 · x/y."""
    more, found = _bases(factors)
    counts: dict[Tree, int] = {}
    for base, times in found:
        counts[base] = counts.get(base, 0) + times
    above = [_power(base, times) for base, times in counts.items() if times > 0]
    below = [_power(base, -times) for base, times in counts.items() if times < 0]
    return coefficient * more, (_quotient(above, below),) if below else tuple(above)


def _power(base: Tree, times: int) -> Tree:
    return base if times == 1 else apply("power", base, number(times))


def cancels(factors: Iterable[Tree]) -> bool:
    """Whether something stands above and below: (σ − t)/(σ(1 − σ)) · σ(1 − σ)."""
    _, found = _bases(factors)
    return not {base for base, times in found if times > 0}.isdisjoint(base for base, times in found if times < 0)


def collect(terms: Iterable[Term]) -> Tree:
    """The sum with like terms collected, in the order in which each first appears."""
    terms = tuple(terms)
    if len(terms) == 1:
        return _compose(*terms[0])
    sums: dict[frozenset[tuple[Tree, int]], tuple[Fraction, Fraction, tuple[Tree, ...]]] = {}
    for coefficient, factors in terms:
        more, found = _bases(factors)
        counts: dict[Tree, int] = {}
        for base, times in found:
            counts[base] = counts.get(base, 0) + times
        key = frozenset((base, times) for base, times in counts.items() if times)
        before, inner, shown = sums.get(key, (Fraction(0), more, factors))
        sums[key] = (before + coefficient * more, inner, shown)
    return total(_compose(c / inner, factors) for c, inner, factors in sums.values() if c)


def simplified(tree: Tree) -> Tree:
    """The sum with equal bases of each product merged and like terms collected; the tree itself if there are none.

    x w · w + x w · w → 2 x w².
    """
    products = [decompose(term) for term in _summands(tree)]
    found = [[base for base, _ in _bases(factors)[1]] for _, factors in products]
    merged = [len(set(bases)) < len(bases) for bases in found]
    alike = len({frozenset(bases) for bases in found}) < len(found)
    if not any(merged) and not alike:
        return tree
    return collect(folded(*term) if merge else term for term, merge in zip(products, merged, strict=True))


def _summands(tree: Tree) -> tuple[Tree, ...]:
    if isinstance(tree, Apply) and tree.operation == "add":
        return tuple(term for argument in tree.args for term in _summands(argument))
    if isinstance(tree, Apply) and tree.operation == "subtract":
        return (*_summands(tree.args[0]), negate(tree.args[1]))
    return (tree,)
