"""What is put together of several formulas: indicators, cases, matrices, sums and products over an index.

Tokens in, trees out: a sum is written out over the range that its index has in the network. ``parsing.Foreign`` builds
on it; here stand too the words in which both refuse what they cannot read.
"""

from __future__ import annotations

from collections.abc import Sequence

from derivgen.arrays import Rows, ShapeError
from derivgen.checking.reading.foreign import RefusedError
from derivgen.checking.reading.symbols import Symbols, Written
from derivgen.errors import escaped
from derivgen.expression import ONE, ZERO, Apply, Name, Tree, apply, column, number, total
from derivgen.lexing import COMPARISONS, ROW, Token
from derivgen.operations import INDICATORS
from derivgen.reading import DEPTH, Parser, ReadingError

__all__ = ["BRACKETS", "SumsAndCases"]

FURTHEST = 1_000  # an index of a sum
BRACKETS = {"(": ")", "[": "]", r"\{": r"\}", "{": "}"}

_INDICATOR_OF = {sign: name for name, sign in INDICATORS.items()}
_OPPOSITE = {
    "above": "below", "below": "above", "above_or_equal": "strictly_below", "strictly_below": "above_or_equal",
}  # fmt: skip
_USUAL = (  # what to write instead, for problems that the parser of derivgen's own print tells
    ("an exponent must be", "write e^{...}, or a product"),
    ("an exponent of", "write a product of a few powers"),
    ("row ", "give every row of the matrix as many entries"),
    ("expected", "write the sign that is missing"),
)
_OTHERWISE = ("otherwise", "else", "o.w", "ow", "if otherwise", "other", "elsewhere")


class SumsAndCases(Parser):
    """``reading.Parser`` with other people's sums, cases and matrices."""

    def __init__(
        self, text: str, tokens: list[Token], symbols: Symbols, plain: bool, ends: dict[int, int], dummy: str = "",
        *, gradients: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(text, tokens, not plain)
        self.symbols, self.plain, self.ends = symbols, plain, ends
        self.dummy = dummy  # the undeclared letter of a function's definition
        self.gradients = gradients  # whether the chain is about a gradient, so that (a, b) is one
        self.bound: dict[str, int | None] = {}  # index variables; None while the range is being found
        self.ranges: dict[str, list[tuple[Token, dict[int, Tree | None]]]] = {}
        self.work = self.inside = 0
        self.normed = self.barred = False  # inside a norm or a bar, whose two signs are the same
        self.softmaxed = False  # inside a softmax
        if not plain:
            self.close = r"\end{matrix}"

    # --- refusals ---------------------------------------------------------------------------------------------------

    def refuse(self, problem: str, token: Token | None = None) -> ReadingError:
        said, _, suggestion = problem.partition("; ")
        usual = next((usual for begin, usual in _USUAL if said.startswith(begin)), "name a part of it")
        return self.no(said, token or self.token, suggestion or usual)  # type: ignore[return-value]

    def no(self, problem: str, token: Token, suggestion: str = "") -> RefusedError:
        return RefusedError(problem, token.at, self.ends.get(token.at, token.at + 1), suggestion)

    def end(self) -> None:
        token = self.token
        if token.kind == "end":
            return
        if token.kind == "wide":
            raise self.no("a wide space parts what stands here", token, "write a sign, or each equation in a line")
        if token.text in COMPARISONS or token.text == "!=":
            raise self.no("an inequality is not checked", token, "write an equation")
        if token.text in BRACKETS.values():
            raise self.no(f"{self.written(token)} closes nothing", token, "open it, or leave it out")
        raise self.unreadable(token)

    def unreadable(self, token: Token) -> RefusedError:
        if token.kind == "end":
            return self.no("something is missing here", token, "write what follows the sign")
        if token.kind == "unknown":
            return self.no(f"'{escaped(token.text)}' cannot be read here", token, "write it in LaTeX or plain maths")
        if token.kind == "text":
            problem = f"the words {escaped(token.text, 30)!r} cannot be read"
            return self.no(problem, token, "declare it, or write words outside")
        if token.text in ("d", r"\partial"):
            return self.no("a derivative needs what it is of and by", token, r"write \frac{\partial L}{\partial w}")
        if token.text == "'":
            return self.no("a prime cannot stand here", token, "write the derivative as dL/dw")
        problem = f"{escaped(token.text, 20)!r} cannot stand here"
        return self.no(problem, token, "write sums and products of this network")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise self.no(f"brackets nested more than {DEPTH} deep", self.token, "name a part of it")

    def expect(self, text: str, opened: Token | None = None) -> None:
        if not self.accept(text):
            if opened is not None and self.token.kind == "end":
                raise self.no(f"the {self.written(opened)} here is never closed", opened, "close it")
            if self.token.kind == "end" or opened is None:
                written = self.token.text or "the end"
                raise self.no(f"expected {text!r}, not {escaped(written, 20)!r}", self.token, f"write {text}")
            if self.token.text in BRACKETS.values():
                problem = f"{self.written(opened)} is closed by {self.written(self.token)}"
                raise self.no(problem, self.token, f"close it with {text}")
            self.end()

    def ahead(self, count: int) -> Token:
        """The token that stands so many places further on; the last is the end."""
        return self.tokens[min(self.i + count, len(self.tokens) - 1)]

    def written(self, token: Token) -> str:
        """A token as it stands in the text."""
        return escaped(self.text[token.at : self.ends.get(token.at, token.at + 1)], 20)

    # --- indicators and cases -------------------------------------------------------------------------------------

    def compares(self) -> bool:
        """Whether the bracket that opens here holds a comparison of its own."""
        depth = 0
        for i in range(self.i, min(self.i + 200, len(self.tokens))):
            token = self.tokens[i]
            depth += (token.text in BRACKETS) - (token.text in BRACKETS.values()) if token.kind == "sign" else 0
            if depth == 0:
                return False
            if depth == 1 and token.text in (*COMPARISONS, "!="):
                return True
        return False

    def indicates(self) -> bool:
        """Whether the plain 1 here is an indicator: 1{z > 0}, 1(z > 0), 1_{z > 0}."""
        start = self.i
        self.i += 1
        if self.token.text == "_" and self.ahead(1).text == "{":
            self.i += 2 if self.ahead(2).text in (r"\{", "[") else 1
        found = self.token.text in BRACKETS and self.compares()
        self.i = start
        return found

    def indicator(self) -> Tree:
        opened = self.token
        left = opened.text
        if left == "_":
            self.i += 1
            left = self.token.text
            if left == "{" and self.ahead(1).text in (r"\{", "["):
                self.i += 1
                inner = self.indicator()
                self.expect("}", opened)
                return inner
        if left not in BRACKETS:
            raise self.no("an indicator needs its condition in brackets", opened, "write 1[x > y]")
        self.i += 1
        tree = self.condition()
        self.expect(BRACKETS[left], opened)
        return tree

    def condition(self) -> Tree:
        """x > y, or a chain 0 < x < 1, which is a product of indicators."""
        found: list[Tree] = []
        left = self.sum()
        while True:
            token = self.token
            sign = COMPARISONS.get(token.text)
            if sign is None:
                if token.kind == "relation" or token.text == "!=":
                    raise self.no("only > ≥ < ≤ are conditions", token, "write x > y")
                if not found:
                    raise self.no("an indicator compares two quantities", token, "write 1[x > y]")
                return found[0] if len(found) == 1 else Apply("multiply", tuple(found))
            self.i += 1
            right = self.sum()
            found.append(Apply(_INDICATOR_OF[sign], (left, right), at=token.at))
            left = right

    def cases(self) -> Tree:
        """A case each row, the first that holds counts: Σ value · indicator."""
        opened = self.token
        self.i += 1
        terms: list[Tree] = []
        passed: list[Tree] = []  # that no row before holds
        while self.token.text != r"\end{cases}":
            if self.token.kind == "end":
                raise self.no("the cases here are never closed", opened, r"write \end{cases}")
            value = self.sum()
            while self.token.text in (",", "&") or self.token.kind in ("text", "wide"):
                if self.token.kind == "text" and self.token.text.strip(" ,.:").lower() in _OTHERWISE:
                    break
                self.i += 1
            condition = self.holds()
            complete = condition is None or passed == [condition]
            if value != ZERO:
                terms.append(_shared(value, passed if condition is None or complete else [*passed, condition]))
            if condition is None or complete:
                self.last_row()
                break
            passed.append(_opposite(condition))
            if self.token.kind != "row" and self.token.text != r"\end{cases}":
                self.end()
            while self.token.kind == "row":
                self.i += 1
        self.i += 1
        return ZERO if not terms else terms[0] if len(terms) == 1 else Apply("add", tuple(terms))

    def holds(self) -> Tree | None:
        """A row's condition; None of the row that counts otherwise."""
        if self.token.kind == "text":
            self.i += 1
            while self.token.kind in ("row", "wide") or self.token.text in (".", ","):
                self.i += 1
            return None
        condition = self.condition()
        while self.token.text in (",", ".", ";", "&"):
            self.i += 1
        return condition

    def last_row(self) -> None:
        while self.token.kind in ("row", "wide") or self.token.text in (".", ",", ";"):
            self.i += 1
        if self.token.text != r"\end{cases}":
            raise self.no("nothing is left for a further case", self.token, "leave the row out")

    # --- matrices -------------------------------------------------------------------------------------------------

    def matrix(self) -> Tree:
        if not self.plain:
            while self.ahead(1).kind == "row":
                del self.tokens[self.i + 1]
        return super().matrix()

    def row(self) -> Apply:
        """One row; rows of LaTeX are parted by a kind of token, which the parser knows by its text."""
        entries = super().row()
        while not self.plain and self.token.kind == "row":
            if self.ahead(1).kind == "row" or self.ahead(1).text == self.close:
                del self.tokens[self.i]
            elif self.token.text != ROW:
                self.tokens[self.i] = Token("row", ROW, self.token.at)
            else:
                break
        return entries

    # --- absolute values and norms --------------------------------------------------------------------------------

    def absolute(self) -> Tree:
        """|z| of a single number."""
        opened = self.token
        barred, self.barred = self.barred, opened.text == "|"
        tree = super().base()
        self.barred = barred
        if isinstance(tree, Apply) and tree.operation == "abs" and self.entries_of(tree.args[0], opened) is not None:
            raise self.no("bars round an array could be any norm", opened, r"write \lVert v \rVert^2")
        return tree

    def norm(self) -> Tree:
        """‖v‖² of a column, written out: the sum of the squares of its entries; ‖W‖_F² of any array."""
        opened = self.token
        self.i += 1
        self.normed = True
        inner = self.sum()
        self.normed = False
        if self.token.text != r"\|":
            raise self.no("a norm is never closed", opened, r"write \lVert v \rVert^2")
        self.i += 1
        which, square = (self.script(sign) for sign in "_^")
        if which not in ("", "2", "F") or square != "2":
            raise self.no("only squares of the Euclidean norm are read", opened, r"write \lVert v \rVert^2")
        rows = self.entries_of(inner, opened) or ((inner,),)
        if len(rows[0]) > 1 and len(rows) > 1 and which != "F":
            raise self.no("which norm of a matrix is meant is not clear", opened, r"write \lVert W \rVert_F^2")
        return total(apply("power", entry, number(2)) for row in rows for entry in row)

    def listed(self, left: str) -> list[Tree]:
        """What stands in brackets, parted by commas."""
        opened = self.token
        self.expect(left)
        items = [self.sum()]
        while self.accept(","):
            items.append(self.sum())
        self.expect(BRACKETS[left], opened)
        return items

    def softmax(self, token: Token) -> Tree:
        """softmax(z) of a column, or of a list of numbers, written out: e^{z_i} / Σ_j e^{z_j}; softmax(z)_2 is one."""
        if self.token.text not in ("(", "["):
            raise self.no("softmax is a function", token, "write softmax(...) with brackets")
        if self.softmaxed:
            raise self.no("a softmax of a softmax is not read", token, "name the inner one")
        self.softmaxed = True
        items = self.listed(self.token.text)
        self.softmaxed = False
        rows = self.entries_of(items[0], token) if len(items) == 1 else tuple((item,) for item in items)
        if rows is None or any(self.entries_of(item, token) for item in items[1:]) or len(rows[0]) > 1:
            raise self.no("softmax is read of one column", token, r"write \frac{e^{z_1}}{e^{z_1} + e^{z_2}}")
        powers = [Apply("exp", row) for row in rows]
        found = [Apply("divide", (power, total(powers))) for power in powers]
        return found[self.place(token, found) - 1] if self.token.text == "_" else column(found)

    def place(self, token: Token, entries: Sequence[Tree]) -> int:
        """Which entry a subscript asks for: a number, or the index of a sum."""
        index = self.ahead(2 if self.ahead(1).text == "{" else 1)
        place = self.script("_")
        if isinstance(index.value, Written) and index.value.key == (place, "", "") and place in self.bound:
            if (value := self.bound[place]) is None:
                self.ranges[place].append((index, dict(enumerate(entries, 1))))
            place = str(value or 1)
        if not place.isdigit() or not 0 < int(place[:4]) <= len(entries):
            raise self.no("which entry of the softmax is meant is not clear", token, "write a number")
        return int(place[:4])

    def script(self, sign: str) -> str:
        """What stands in a script of one sign; empty if there is none."""
        if not self.accept(sign):
            return ""
        braced = self.accept("{")
        said = self.token.text
        self.i += self.token.kind != "end"
        return said if not braced or self.accept("}") else "?"

    def entries_of(self, tree: Tree, opened: Token) -> Rows | None:
        """The rows of an array, None of a single number."""
        try:
            return self.symbols.graph.entries(tree)
        except ShapeError as error:
            raise self.no(str(error), opened, "write it entry by entry") from None

    # --- sums and products over an index --------------------------------------------------------------------------

    def series(self) -> Tree:
        """\\sum and \\prod, written out over the range of their index."""
        opened = self.token
        self.i += 1
        self.deeper()
        variables, low, high, without = self.bounds(opened)
        tree = self.expanded(opened, variables, low, high, without)
        self.depth -= 1
        return tree

    def bounds(self, opened: Token) -> tuple[list[str], int | None, int | None, set[int]]:
        """The index variables, the bounds where they are numbers, and the values left out by j ≠ i."""
        variables: list[str] = []
        low = high = None
        without: set[int] = set()
        for _ in range(2):
            if self.accept("_"):
                braced = self.accept("{")
                variables = [self.variable(opened)]
                while braced and self.accept(","):
                    variables.append(self.variable(opened))
                if self.token.text == "=" and braced:
                    self.i += 1
                    low = self.bound_value("")
                elif self.token.text == "!=" and braced:
                    self.i += 1
                    if (value := self.bound_value("")) is not None and None not in self.bound.values():
                        without.add(value)
                if braced:
                    self.close_bounds(opened)
            elif self.accept("^"):
                braced = self.accept("{")
                high = self.bound_value("upper")
                if braced:
                    self.close_bounds(opened)
        if not variables:
            raise self.no("a sum needs its index", opened, r"write \sum_{k=1}^{3}")
        if len(variables) > 1 and (low is not None or high is not None or without):
            raise self.no("bounds of several indices are not read", opened, "write a sum for each index")
        return variables, low, high, without

    def close_bounds(self, opened: Token) -> None:
        if not self.accept("}"):
            raise self.no("these bounds of a sum are not read", self.token, r"write \sum_{k} or \sum_{k=1}^{3}")

    def variable(self, opened: Token) -> str:
        written = self.token.value
        if not isinstance(written, Written) or written.key != (written.base, "", "") or not written.base.isalpha():
            raise self.no("a sum needs its index", opened, r"write \sum_{k=1}^{3}")
        if written.base in self.bound:
            raise self.no(f"the index {written.base} is used twice", self.token, "write another letter")
        self.i += 1
        return written.base

    def bound_value(self, which: str) -> int | None:
        """A bound's value; None of an upper bound that is a letter, such as K."""
        token = self.token
        self.i += 1
        if token.kind == "number" and token.text.isdigit() and int(token.text[:9]) <= FURTHEST:
            return int(token.text[:9])
        written = token.value
        if isinstance(written, Written) and written.key == (written.base, "", ""):
            if written.base in self.bound:
                value = self.bound[written.base]
                return 1 if value is None else value
            if which and self.symbols.key(written.key) is None:
                return None
        raise self.no("these bounds of a sum are not read", token, r"write \sum_{k} or \sum_{k=1}^{3}")

    def expanded(
        self, opened: Token, variables: list[str], low: int | None, high: int | None, without: set[int]
    ) -> Tree:
        """The sum written out; the body is read once to find the range, then once for every value."""
        variable, *inner = variables
        start = self.i
        self.bound[variable], self.ranges[variable] = None, []
        if low is not None and high is not None:
            values = list(range(low, high + 1))
            del self.ranges[variable], self.bound[variable]
        else:
            self.body(opened, inner)
            values = self.range(opened, variable, low)
        values = [value for value in values if value not in without]
        if not values:
            raise self.no("the sum has no terms", opened, r"write \sum_{k=1}^{3}")
        terms = []
        for value in values:
            self.i, self.bound[variable] = start, value
            terms.append(self.body(opened, inner))
        del self.bound[variable]
        operation = "add" if opened.text == r"\sum" else "multiply"
        return terms[0] if len(terms) == 1 else Apply(operation, tuple(terms))

    def body(self, opened: Token, inner: list[str]) -> Tree:
        if inner:
            return self.expanded(opened, inner, None, None, set())
        if self.token.text == "-":
            raise self.no("two signs in a row", self.token, r"write brackets: \sum_k (-x_k)")
        return self.term()

    def range(self, opened: Token, variable: str, low: int | None) -> list[int]:
        """The values that every symbol with the index has; where they disagree, the sum is not clear."""
        found = self.ranges.pop(variable)
        del self.bound[variable]
        if not found:
            problem = f"nothing in this sum has the index {variable}"
            raise self.no(problem, opened, rf"write \sum_{{{variable}=1}}^{{3}}")
        first = found[0][1]
        for token, values in found:
            if values.keys() != first.keys():
                problem = f"{token.text} and {found[0][0].text} do not have the same values of {variable}"
                raise self.no(problem, token, rf"write the bounds: \sum_{{{variable}=1}}^{{3}}")
            self.one_layer(token, values, variable)
        ordered = sorted(first)
        if low is not None and low not in ordered:
            raise self.no(f"{found[0][0].text} does not begin at {variable} = {low}", opened, "write both bounds")
        return [value for value in ordered if low is None or value >= low]

    def one_layer(self, token: Token, values: dict[int, Tree | None], variable: str) -> None:
        """Refuse a range in which one quantity is worked out from another: x_1 and x_3 = w x_1 are no layer."""
        graph = self.symbols.graph
        held = {tree.name for tree in values.values() if isinstance(tree, Name) and tree.name in graph}
        if any(held & graph.ancestors(name) - {name} for name in held):
            problem = f"which {token.text} are meant is not clear"
            raise self.no(problem, token, rf"write the bounds: \sum_{{{variable}=1}}^{{3}}")


def _shared(value: Tree, indicators: list[Tree]) -> Tree:
    """What one row of cases adds: value · indicators, without a factor 1."""
    factors = [factor for factor in (value, *indicators) if factor != ONE]
    if not factors:
        return ONE
    return factors[0] if len(factors) == 1 else Apply("multiply", tuple(factors))


def _opposite(condition: Tree) -> Tree:
    """The indicator that the condition does not hold."""
    if isinstance(condition, Apply) and condition.operation in _OPPOSITE:
        return Apply(_OPPOSITE[condition.operation], condition.args)
    return apply("subtract", ONE, condition)
