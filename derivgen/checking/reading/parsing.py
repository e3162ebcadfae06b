"""Tokens of one side of a relation in, its tree out: what derivgen's own parser reads, and what other people write.

Beyond ``reading.Parser``: derivatives in every spelling, calls without brackets, fractions without braces, quantities
with their arguments, f(x, y); sums, cases and matrices stand in ``sums_and_cases``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from derivgen.arrays import ShapeError
from derivgen.checking.reading.foreign import RefusedError
from derivgen.checking.reading.sums_and_cases import BRACKETS, SumsAndCases
from derivgen.checking.reading.symbols import LOSSES, SOFTMAX, Function, Symbols, Written, evaluated
from derivgen.derivation import local_derivatives
from derivgen.errors import DerivgenError, escaped
from derivgen.expression import (
    ZERO,
    Apply,
    Name,
    Number,
    Partial,
    Tree,
    apply,
    names,
    number,
    product,
    substitute,
    total,
    walk,
)
from derivgen.graph import Node
from derivgen.lexing import Token
from derivgen.notation import GREEK
from derivgen.operations import INDICATORS, OPERATIONS
from derivgen.reading import DEPTH

_OWN = "_of"  # what an expression is called while it is derived
WORK = 10_000  # symbols that the sums of one side may come to

_UNBRACKETED = ("exp", "log", "tanh", "sinh", "cosh")
_STARTS = frozenset((
    "(", "[", "{", r"\{", "e", "d", r"\frac", r"\partial", r"\nabla", r"\sum", r"\prod", r"\lvert", r"\lfloor",
    r"\left.", r"\begin{matrix}", r"\begin{cases}",
))  # fmt: skip


class Foreign(SumsAndCases):
    """``reading.Parser`` for one side of somebody's equation; symbols are looked up as they are met."""

    # --- what the parser of derivgen's own print is told ----------------------------------------------------------

    def side(self) -> Tree:
        """The whole side; of a gradient a row says the same as a column."""
        tree = self.sum()
        self.end()
        shape = self.shape(tree) if self.gradients else None
        return tree if shape is None or shape[0] > 1 or shape[1] == 1 else apply("transpose", tree)

    def no_second_sign(self) -> None:
        """A minus may stand after a sign: 2 · −3; nothing else may."""
        if self.token.kind == "sign" and self.token.text in ("+", "*", "/"):
            raise self.no("two signs in a row", self.token, "write brackets: 2*(-3)")

    def signed(self) -> Tree:
        if self.token.text == "+" and self.token.kind == "sign":
            self.i += 1
            self.no_second_sign()
        return super().signed()

    def side_by_side(self, divided: bool) -> None:
        """Numbers may follow a bracket, (1 − a)0.5; a/b c stays unread."""
        before = self.tokens[self.i - 1].text
        if self.token.text == "1" and self.indicates():
            before = ")"
        if self.token.kind == "number" and before not in (")", "]", "}", r"\}"):
            problem = "a number cannot follow a factor directly"
            raise self.no(problem, self.token, "write a sign between them, or a subscript in braces: w_{12}")
        if divided:
            raise self.no("a/b c can be read in two ways", self.token, "write (a/b)*c or a/(b*c)")

    def entrywise(self, factors: list[Tree]) -> Tree:
        """W δ ⊙ g' without brackets is read where the shapes leave one way only."""
        if len(factors) == 1 or self.token.text != r"\odot":
            return super().entrywise(factors)
        sign, left = self.token, Apply("multiply", tuple(factors))
        self.i += 1
        right = self.factor()
        whole, last, wanted = (self.shape(tree) for tree in (left, factors[-1], right))
        others = any(self.shape(factor) for factor in factors[:-1])
        if wanted is None or whole != wanted or (last == wanted and others):
            raise self.no(r"a product beside \odot can be read in two ways", sign, "write brackets")
        return apply("hadamard", left, right)

    def shape(self, tree: Tree) -> tuple[int, int] | None:
        """Rows and columns of a tree; None of a single number, and of what does not fit."""
        try:
            rows = self.symbols.graph.entries(tree)
        except ShapeError:
            return None
        return None if rows is None else (len(rows), len(rows[0]))

    def starts_factor(self) -> bool:
        token = self.token
        if token.text in (r"\|", "|"):
            return not (self.normed if token.text == r"\|" else self.barred or self.ahead(1).text in ("_", "{"))
        return token.kind in ("number", "symbol", "indicator") or (token.kind == "sign" and token.text in _STARTS)

    def exponent(self) -> Tree:
        self.deeper()
        tree = super().exponent()
        self.depth -= 1
        return tree

    def factor(self) -> Tree:
        """A factor; every way into another level passes here."""
        token = self.token
        self.inside += 1
        if self.inside > DEPTH + 10:
            raise self.no(f"more than {DEPTH} signs inside each other", token, "name a part of it")
        tree = super().factor()
        self.inside -= 1
        if isinstance(tree, Apply) and tree.operation == "transpose":
            (inner,) = tree.args
            if isinstance(inner, Number) or (isinstance(inner, Name) and not self.array(inner)):
                raise self.no("a single number has no transpose", token, "leave the T out")
        return tree

    # --- what a factor can be -------------------------------------------------------------------------------------

    def base(self) -> Tree:
        token = self.token
        if self.bound:
            self.work += 1
            if self.work > WORK:
                raise self.no("the sums come to too many terms", token, "write fewer of them")
        if token.kind == "symbol":
            return self.symbol(token)
        if token.kind == "sign":
            method = _BASES.get(token.text)
            if method is not None:
                return method(self)
            if token.text in ("d", r"\partial"):
                return self.differentials()
        if token.kind == "number":
            if token.text == "1" and self.indicates():
                self.i += 1
                return self.indicator()
            self.i += 1
            assert isinstance(token.value, Fraction)
            text = token.text if token.text[-1].isdigit() and token.text.replace(".", "").isdigit() else ""
            if self.token.text == "'":
                raise self.no("a number has no derivative to be primed", self.token, "leave the prime out")
            return Number(token.value, text, token.at)
        if token.kind == "indicator":
            self.i += 1
            return self.indicator()
        if token.kind == "sign" and token.text in ("{", r"\lfloor", "e"):
            return super().base()
        raise self.unreadable(token)

    def negative(self) -> Tree:
        self.i += 1
        if self.token.text in ("+", "-", "*", "/"):
            raise self.no("two signs in a row", self.token, "write brackets: 2*(-3)")
        return apply("negate", self.factor())

    def parentheses(self) -> Tree:
        opened = self.token
        inner = self.listed(opened.text)
        if len(inner) > 1:
            tree = Apply("matrix", (Apply("row", tuple(inner)),), at=opened.at)
            if self.gradients:
                return tree
            if self.token.text != r"\top":
                problem = "a list of numbers is no single quantity"
                raise self.no(problem, opened, "write a column in bmatrix, or (a, b)^T")
            return tree
        if self.token.text == "'":
            raise self.no("a prime stands on a bracket", self.token, r"write \frac{\partial L}{\partial w}")
        return inner[0]

    def square(self) -> Tree:
        if self.plain:
            return self.matrix()
        if self.compares():
            return self.indicator()
        return self.parentheses()

    def null_delimiter(self) -> Tree:
        """\\left. … \\right|_{…}: a derivative while something is held; alone it only arranges."""
        self.i += 1
        inner = self.factor()
        if self.token.text != "|" or self.ahead(1).text != "_":
            return inner
        bar = self.token
        self.i += 2
        if not isinstance(inner, Partial):
            raise self.no("a value at a point is not read", bar, "write the numbers in")
        self.expect("{")
        held = [self.named()]
        while self.accept(","):
            held.append(self.named())
        if self.token.kind == "relation":
            raise self.no("a value at a point is not read", bar, "write the numbers in")
        self.expect("}")
        return Partial(inner.of, inner.wrt, tuple(held), inner.at)

    # --- symbols --------------------------------------------------------------------------------------------------

    def symbol(self, token: Token) -> Tree:
        """A quantity, an array, a call, or an index variable's value."""
        written = token.value
        assert isinstance(written, Written)
        following = self.ahead(1).text
        if written.base in self.bound and not (written.subscript or written.superscript or written.primes):
            self.i += 1
            value = self.bound[written.base]
            return number(1 if value is None else value)
        if written == (self.dummy, (), (), 0):
            self.i += 1
            return Name(self.dummy, token.at)
        key = self.resolved(written, token)
        function = self.symbols.function(key)
        tree = self.symbols.quantity(key)
        if function is not None and (tree is None or written.primes or following == "("):
            self.i += 1
            return self.called(token, function, written.primes)
        if tree is None:
            raise self.unknown(written, token)
        self.i += 1
        if written.primes:
            return self.primed(tree, written, token)
        if isinstance(tree, Name):
            if following == "(":
                self.argued(tree, token)
            return Name(tree.name, token.at)
        return tree if isinstance(tree, Apply | Number) else Partial(tree.of, tree.wrt, tree.held, token.at)

    def resolved(self, written: Written, token: Token) -> tuple[str, str, str]:
        """The key that a symbol has once its index variables have their values."""
        scripts = (*written.subscript, *written.superscript)
        if not self.bound or not any(piece in self.bound for piece in scripts):
            return written.key
        base, below, above = written.base, written.subscript, written.superscript
        unknown = [piece for piece in scripts if piece in self.bound and self.bound[piece] is None]
        if not unknown:
            subscript, superscript = evaluated(below, self.bound), evaluated(above, self.bound)
            indices = len(subscript) > 1 and all(piece.isalnum() for piece in subscript)  # W_{1,12}, not W_{11,2}
            return base, ("," if indices else "").join(subscript), "".join(superscript)
        found = self.symbols.bindings(written, self.bound)
        for variable in unknown:
            range_ = {values[variable]: self.symbols.quantity(key) for key, values in found if variable in values}
            self.ranges[variable].append((token, range_))
        if not found:
            if any(piece in "+-" for piece in scripts):
                raise self.no(f"the range of {unknown[0]} is not clear", token, rf"write \sum_{{{unknown[0]}=1}}^{{3}}")
            raise self.unknown(written, token)
        return found[0][0]

    def unknown(self, written: Written, token: Token) -> RefusedError:
        """What to say of a symbol that nothing is declared for."""
        has = self.symbols.has(written.plain)
        scripts = (*written.subscript, *written.superscript)
        command = f"\\{written.base}"
        if self.text.startswith(command, token.at) and written.base not in GREEK and not scripts:
            return self.no(f"{escaped(command)}: no such quantity or sign", token, has)
        for piece in scripts:
            if piece in self.bound:
                value = self.bound[piece]
                range_ = f"any {piece}" if value is None else f"{piece} = {value}"
                return self.no(f"{written.plain}: no such quantity for {range_}", token, has)
        loose = next((piece for piece in scripts if piece in ("i", "j", "k", "l", "m", "n", "ell")), "")
        if loose and written.base in self.symbols.spread:
            problem = f"{written.plain}: the index {loose} has no value here"
            return self.no(problem, token, rf"write a number, or \sum_{{{loose}}}; {has}")
        return self.no(f"{escaped(written.plain)}: no such quantity", token, has)

    def primed(self, tree: Tree, written: Written, token: Token) -> Partial:
        """f'(x): the derivative of a quantity by the one that it is written to depend on; a_1' alone does not say."""
        name = tree.name if isinstance(tree, Name) and not self.array(tree) else ""
        if name and written.primes == 1 and self.token.text == "(" and self.ahead(2).text == ")":
            self.i += 1
            argument = self.quantity()
            if self.symbols.depends(name, argument) and not self.array(argument):
                self.i += 1
                return Partial(name, argument.name, (), token.at)
        parents = self.symbols.graph.parents(name) if name in self.symbols.graph else ()
        instead = f"write d{name}/d{parents[0]}, or the function's derivative" if parents else "write it as dL/dw"
        raise self.no(f"{written.plain}: a quantity has no prime", token, instead)

    def argued(self, name: Name, token: Token) -> None:
        """Pass over the arguments of a quantity that is written with what it depends on: f(x, y)."""
        start, count = self.i, 0
        self.i += 1
        alone = start == 1
        while self.token.kind == "symbol":
            written = self.token.value
            assert isinstance(written, Written)
            found = None if written.primes else self.symbols.quantity(self.symbols.key(written.key) or written.key)
            if found is None or not self.symbols.depends(name.name, found):
                break
            count += 1
            alone = alone and isinstance(found, Name) and (count > 1 or self.symbols.graph.is_leaf(found.name))
            self.i += 1
            if self.token.text == ")":
                self.i += 1
                if count > 1 or (alone and self.token.kind == "end") or self.array(found):
                    return
                break
            if self.token.text not in (",", ";"):
                break
            self.i += 1
        several = count > 1 or (count and self.tokens[self.i - 1].text == ",")
        self.i = start
        if several:
            raise self.no(f"{name.name} is no function of these", token, f"write {name.name} alone")

    def array(self, tree: Tree) -> bool:
        return isinstance(tree, Name) and tree.name in self.symbols.graph.scope.arrays

    # --- calls ----------------------------------------------------------------------------------------------------

    def called(self, token: Token, function: Function, primes: int) -> Tree:
        """f(…), f'(…), f^2(…), \\ln a; the function's own symbol is read already."""
        if function.operation == SOFTMAX and not primes:
            return self.softmax(token)
        slot, arity = int(bool(primes)), function.arity
        if primes > 1:
            raise self.no("second derivatives are not read", token, f"write {token.text.rstrip(chr(39))}'")
        if slot and arity > 1:
            if self.token.kind != "number" or not self.plain:
                raise self.no(f"which derivative of {token.text[:-1]}?", token, r"write \partial_{1} f(a, y)")
            slot = int(self.token.text) if self.token.text.isdigit() else 0
            self.i += 1
        if not 0 <= slot <= arity or (slot and function.operation in ("max", "min", "sinh", "cosh")):
            raise self.no(f"{token.text} has no such derivative", token, "write it out")
        power = self.raised(token)
        args = self.arguments(token, function)
        while function.operation in ("max", "min") and len(args) > 2:
            args = [apply(function.operation, args[0], args[1]), *args[2:]]
        if len(args) != arity:
            takes = f"{arity} argument{'s' if arity > 1 else ''}"
            raise self.no(f"{token.text} takes {takes}, not {len(args)}", token, f"write {takes}")
        tree = _derived(function.operation, args, slot, token.at)
        return tree if power is None else Apply("power", (tree, power), at=token.at)

    def raised(self, token: Token) -> Tree | None:
        """The power of a call that stands on the function's symbol: \\tanh^2(z)."""
        if self.token.text != "^":
            return None
        self.i += 1
        exponent = self.exponent()
        if isinstance(exponent, Number) and exponent.value.denominator == 1 and 0 < exponent.value <= 64:
            return number(exponent.value)
        raise self.no(f"{token.text} to this power is not read", token, "write the power after the brackets")

    def arguments(self, token: Token, function: Function) -> list[Tree]:
        if self.token.text in BRACKETS:
            args = self.listed(self.token.text)
            if function.operation in ("max", "min") and len(args) == 1:
                raise self.no(f"{token.text} takes two arguments, not 1", token, "write both")
            return args
        if function.operation not in _UNBRACKETED or not self.starts_factor():
            raise self.no(f"{token.text} is a function", token, f"write {token.text}(...) with brackets")
        self.deeper()
        argument = self.factor()
        self.depth -= 1
        if self.starts_factor() or self.token.text == "/":
            raise self.no(f"how far {token.text} reaches is not clear", token, "write brackets round its argument")
        return [argument]

    # --- derivatives ----------------------------------------------------------------------------------------------

    def fraction(self) -> Tree:
        opened = self.token
        self.i += 1
        first, second = (self.ahead(1), self.ahead(2)) if self.token.text == "{" else (opened, opened)
        if first.text == "d" and first.kind == second.kind == "symbol":
            raise self.no(
                "d is a quantity here: this could be a quotient", opened, r"write \frac{\partial L}{\partial w}"
            )
        marked = first.kind == "sign" and first.text in ("d", r"\partial")
        if marked and (found := self.leibniz(opened)) is not None:
            return found
        above = self.braced()
        return apply("divide", above, self.braced())

    def braced(self) -> Tree:
        """An argument of \\frac: a group, or the one digit or symbol that TeX takes."""
        token = self.token
        if token.text == "{":
            return self.bracketed("{", "}")
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            first, rest = token.text[0], token.text[1:]
            self.tokens[self.i : self.i + 1] = [
                Token("number", first, token.at, Fraction(first)), Token("number", rest, token.at + 1, Fraction(rest)),
            ]  # fmt: skip
            self.ends[token.at + 1], self.ends[token.at] = self.ends[token.at], token.at + 1
        if self.token.kind not in ("number", "symbol"):
            raise self.no("a fraction needs two parts in braces", token, r"write \frac{a}{b}")
        return self.base()

    def leibniz(self, opened: Token) -> Tree | None:
        """The derivative whose \\frac is read already; None if it is an ordinary quotient."""
        start, mark = self.i, self.ahead(1).text
        self.i += 2
        if mark == r"\partial" and self.token.text == "_":
            self.i = start
            return None
        self.once()
        if self.token.text == "}":  # \frac{\partial}{\partial w} L
            self.i += 1
            wrt = self.below(mark)
            return self.operated(wrt, opened)
        if (function := self.alone()) is not None:  # \frac{d\sigma}{dz}
            self.i += 2
            wrt = self.below(mark)
            return self.derivative(Apply(function.operation, (wrt,)), wrt, opened)
        of = self.numerator_or_term()
        self.expect("}", self.tokens[start])
        return self.derivative(of, self.below(mark), opened)

    def alone(self) -> Function | None:
        """The function of one argument whose name alone is above the line; None if there stands something else."""
        written = self.token.value
        if not isinstance(written, Written) or written.primes or self.ahead(1).text != "}":
            return None
        key = self.resolved(written, self.token)
        function = self.symbols.function(key) if self.symbols.quantity(key) is None else None
        return function if function is not None and function.arity == 1 else None

    def numerator_or_term(self) -> Tree:
        """What is above the line: a quantity, a call, or a product or power of such."""
        start = self.i
        if self.token.kind == "symbol":
            of = self.numerator()
            if self.token.text == "}":
                return of
        self.i = start
        return self.term()

    def once(self) -> None:
        if self.token.text == "^":
            raise self.no("second derivatives are not read", self.token, "write first derivatives")

    def numerator(self) -> Tree:
        """What a derivative is of: a quantity, with its arguments or not, or a call."""
        token = self.token
        if token.text == "{":
            self.i += 1
            self.deeper()
            inner = self.numerator()
            self.depth -= 1
            self.expect("}", token)
            return inner
        if token.kind != "symbol":
            raise self.no("a derivative is of one quantity", token, r"write \frac{\partial L}{\partial w}")
        before = self.i
        tree = self.symbol(token)
        if isinstance(tree, Name) and self.token.text == "(" and self.i == before + 1:
            self.arguments_of(tree, token)
        return tree

    def arguments_of(self, name: Name, token: Token) -> None:
        """The arguments of a derivative's numerator, H(x): only what it depends on can stand there."""
        opened, items = self.token, self.listed("(")
        if not all(self.symbols.depends(name.name, item) for item in items):
            raise self.no("a derivative is of one quantity", opened, f"write {name.name} alone")

    def below(self, mark: str) -> Name:
        opened = self.token
        self.expect("{")
        if self.token.text != mark:
            raise self.no("a derivative needs what it is by", self.token, r"write \frac{\partial L}{\partial w}")
        self.i += 1
        wrt = self.quantity()
        self.once()
        if self.token.text == mark:
            raise self.no("second derivatives are not read", self.token, "write first derivatives")
        self.expect("}", opened)
        return wrt

    def quantity(self) -> Name:
        """The name of a quantity or an array."""
        token = self.token
        if token.text == "{":
            self.i += 1
            self.deeper()
            inner = self.quantity()
            self.depth -= 1
            self.expect("}", token)
            return inner
        if token.kind != "symbol":
            raise self.no("a derivative is by one quantity", token, r"write \frac{\partial L}{\partial w}")
        written = token.value
        assert isinstance(written, Written)
        if written == (self.dummy, (), (), 0):
            self.i += 1
            return Name(self.dummy, token.at)
        tree = self.symbols.quantity(self.resolved(written, token))
        if tree is None:
            raise self.unknown(written, token)
        if not isinstance(tree, Name) or written.primes:
            raise self.no(f"{written.plain} is no quantity that a derivative can be by", token, "write a quantity")
        self.i += 1
        return Name(tree.name, token.at)

    def named(self) -> str:
        return self.quantity().name

    def derivative(self, of: Tree, wrt: Name, opened: Token) -> Tree:
        """∂of/∂wrt as a Leibniz token; of a call f(z) by its own argument z it is f'(z)."""
        if isinstance(of, Name):
            if of.name in self.symbols.graph.scope.arrays:
                raise self.no("the derivative of a whole array is not read", opened, "write it entry by entry")
            return Partial(of.name, wrt.name, (), opened.at)
        if isinstance(of, Apply) and not of.slot and Name(wrt.name) in of.args and of.operation not in INDICATORS:
            others = [argument for argument in of.args if argument != Name(wrt.name)]
            free = all(isinstance(other, Name) and self.symbols.graph.is_leaf(other.name) for other in others)
            if len(others) == len(of.args) - 1 and free and _is_function(of.operation, self.symbols):
                return Apply(of.operation, of.args, of.args.index(Name(wrt.name)) + 1, opened.at)
        return self.of_expression(of, wrt, opened)

    def of_expression(self, of: Tree, wrt: Name, opened: Token) -> Tree:
        """Σ ∂of/∂q ∂q/∂wrt over what stands in an expression; refused where it could also be the direct part alone."""
        graph = self.symbols.graph
        used = names(of)
        through = [name for name in used if name != wrt.name and wrt.name in graph.ancestors(name)]
        applied = [part for part in walk(of) if isinstance(part, Apply)]
        plain = not any(part.slot or part.operation == "matrix" for part in applied)
        plain = plain and all(isinstance(part, Name | Number | Apply) for part in walk(of))
        if not plain or any(name not in graph or self.array(Name(name)) for name in (*used, wrt.name)):
            raise self.no("only derivatives of sums, products and functions are read", opened, "name what it is of")
        if through and wrt.name in used:
            raise self.no("what is held fixed in this derivative is not clear", opened, "name what it is of")
        try:
            slopes = local_derivatives(replace(graph, nodes=(*graph.nodes, Node(_OWN, of)), stated=()), _OWN)
        except DerivgenError:
            raise self.no("only derivatives of sums, products and functions are read", opened, "name it") from None
        terms = [substitute(slopes[wrt.name], {_OWN: of})] if wrt.name in slopes else []
        for name in through:
            if name in slopes:
                terms.append(product((substitute(slopes[name], {_OWN: of}), Partial(name, wrt.name))))
        return total(terms) if terms else ZERO

    def operated(self, wrt: Name, opened: Token) -> Tree:
        """\\frac{\\partial}{\\partial w} L: of the one factor that follows, and of numbers before it."""
        start, bracketed = self.i, self.token.text in BRACKETS
        of: Tree | None = None
        if self.token.kind == "symbol":
            of = self.numerator()
            if self.token.text == "^":  # of the power, not the power of it
                self.i, of = start, None
        if of is None:
            of = self.factor()
            while not bracketed and not names(of) and self.starts_factor():
                of = Apply("multiply", (of, self.factor()))
        if self.starts_factor() and not (bracketed and isinstance(of, Name)):
            raise self.no("how far this derivative reaches is not clear", opened, "name what it is of")
        return self.derivative(of, wrt, opened)

    def differentials(self) -> Tree:
        """dL/dw, \\partial L / \\partial w, \\partial_w L, and derivgen's own \\partial_1 f(a, y)."""
        opened, mark = self.token, self.token.text
        self.i += 1
        self.once()
        if self.token.text == "_" and mark == r"\partial":
            self.i += 1
            return self.by_subscript(opened)
        if self.token.text == "/":  # d/dw L
            self.i += 1
            return self.operated(self.denominator(mark), opened)
        of = self.numerator()
        if self.token.text != "/" or self.ahead(1).text != mark:
            if mark == "d" and self.token.text == "/":
                raise self.no("a derivative needs what it is by", self.token, "write dL/dw")
            raise self.no("a d alone is no derivative", opened, "write dL/dw")
        self.i += 1
        return self.held(self.derivative(of, self.denominator(mark), opened))

    def denominator(self, mark: str) -> Name:
        if self.token.text != mark:
            raise self.no("a derivative needs what it is by", self.token, "write dL/dw")
        self.i += 1
        wrt = self.quantity()
        self.once()
        return wrt

    def held(self, tree: Tree) -> Tree:
        """Plain maths writes what is held after a bar: dL/dw|{b, c}."""
        if self.token.text != "|" or self.ahead(1).text != "{" or not isinstance(tree, Partial):
            return tree
        self.i += 2
        held = [self.named()]
        while self.accept(","):
            held.append(self.named())
        self.expect("}")
        return Partial(tree.of, tree.wrt, tuple(held), tree.at)

    def by_subscript(self, opened: Token) -> Tree:
        """∂_w L, ∇_W L; after \\partial a number means the argument of a function."""
        braced = self.accept("{")
        if self.token.kind == "number":
            slot = self.token
            self.i += 1
            if braced:
                self.expect("}")
            return self.slotted(slot, opened)
        wrt = self.quantity()
        if braced:
            self.expect("}")
        return self.operated(wrt, opened)

    def slotted(self, slot: Token, opened: Token) -> Tree:
        token, written = self.token, self.token.value
        function = self.symbols.function(self.resolved(written, token)) if isinstance(written, Written) else None
        if function is None or not slot.text.isdigit() or not 1 <= int(slot.text[:3]) <= function.arity:
            raise self.no("expected the number of an argument and a function", slot, r"write \partial_{1} f(a, y)")
        self.i += 1
        found = self.called(token, function, 0)
        if not isinstance(found, Apply) or found.operation != function.operation:
            raise self.no(f"{token.text} has no such derivative", opened, "write it out")
        return Apply(found.operation, found.args, int(slot.text), opened.at)

    def gradient(self) -> Tree:
        """∇_w L; ∇f(x, y) and ∇f by all that f is worked out from, a column."""
        opened = self.token
        self.i += 1
        if self.accept("_"):
            return self.by_subscript(opened)
        of = self.quantity()
        if self.token.text == "(":
            by = self.listed("(")
        else:
            leaves = [leaf for leaf in self.symbols.graph.leaves if leaf in self.symbols.graph.ancestors(of.name)]
            trained = {leaf in self.symbols.trained for leaf in leaves}
            if len(trained) > 1 or (of.name in LOSSES and trained != {True}):  # by the weights only?
                raise self.no("a gradient needs what it is by", opened, r"write \nabla_{W} L")
            by = [Name(leaf) for leaf in leaves]
        entries = [Partial(of.name, name.name, (), opened.at) for name in by if isinstance(name, Name)]
        if self.array(of) or len(entries) < len(by) or not by or any(self.array(name) for name in by):
            raise self.no("a gradient is of one quantity, by single ones", opened, r"write \nabla f(x, y)")
        if len(entries) == 1:
            return entries[0]
        return Apply("matrix", tuple(Apply("row", (entry,)) for entry in entries), at=opened.at)

def _is_function(operation: str, symbols: Symbols) -> bool:
    """Whether a call can be derived by an argument: a declared function, or a row with arguments of its own."""
    row = OPERATIONS.get(operation)
    return row is None or (row.role != "loss" and bool(row.latex) and operation not in ("max", "sign"))


def _derived(operation: str, args: list[Tree], slot: int, at: int) -> Tree:
    """A call's tree; min, sinh and cosh by what the table has."""
    if operation == "min":
        return apply("negate", apply("max", *(apply("negate", argument) for argument in args)))
    if operation in ("sinh", "cosh"):
        (z,) = args
        minus = apply("exp", apply("negate", z))
        return apply("divide", apply("subtract" if operation == "sinh" else "add", apply("exp", z), minus), number(2))
    return Apply(operation, tuple(args), slot, at)


_BASES: dict[str, Callable[[Foreign], Tree]] = {
    "-": Foreign.negative, "(": Foreign.parentheses, "[": Foreign.square, r"\{": Foreign.parentheses,
    r"\frac": Foreign.fraction, r"\nabla": Foreign.gradient, r"\sum": Foreign.series, r"\prod": Foreign.series,
    r"\left.": Foreign.null_delimiter, r"\begin{matrix}": Foreign.matrix, r"\begin{cases}": Foreign.cases,
    r"\|": Foreign.norm, "|": Foreign.absolute, r"\lvert": Foreign.absolute,
}  # fmt: skip
