"""A finding in, a verdict out: what should stand there, numbers at which the sides differ, the slip that was made."""

from __future__ import annotations

import decimal
from dataclasses import replace
from fractions import Fraction

from derivgen.checking.judging import diagnosing
from derivgen.checking.judging.branches import on_branch
from derivgen.checking.judging.deciding import AtNumbers, World, close
from derivgen.checking.judging.diagnosing import Asked
from derivgen.checking.judging.expecting import expected
from derivgen.checking.judging.rounding import literal
from derivgen.checking.judging.shaping import said_shape
from derivgen.checking.judging.sides import Chain, Finding, Sides, derived, says
from derivgen.checking.work import Side, Verdict, Witness
from derivgen.errors import CertificateError, DerivgenError
from derivgen.evaluation import EvaluationError, Real, to_decimal
from derivgen.expression import (
    ZERO,
    Apply,
    Name,
    Number,
    Partial,
    Tree,
    negate,
    total,
    walk,
)  # fmt: skip
from derivgen.operations import OPERATIONS
from derivgen.slips import Slipped
from derivgen.written import WritingError, write


class Telling:
    """What is said of the sides that were judged."""

    def __init__(self, sides: Sides) -> None:
        self.sides, self.subject = sides, sides.subject
        self.world, self.figures = sides.world, sides.figures
        self.parts: dict[Tree, list[Tree]] = {}  # wrong sides that leave out a path

    def verdict(
        self, chain: Chain, relation: str, side: Side, tree: Tree, finding: Finding, world: World
    ) -> Verdict:  # fmt: skip
        sampled = finding.decision.sampled and finding.verdict != "wrong"  # numbers at which it is wrong are enough
        found = Verdict(
            finding.verdict, side.start, side.end, relation, chain.left, side.tree, number=finding.number,
            exact=finding.exact, needs=finding.needs, problem=finding.problem, sampled=sampled,
        )  # fmt: skip
        if finding.verdict not in ("wrong", "follows"):
            return found
        if said_shape(tree) and finding.problem:  # of an array: there is nothing to work out
            return found
        found = replace(found, expected=self._expected(chain, tree, finding))
        if finding.verdict == "follows":
            return found
        named = self._slip(chain, tree, finding) if world is self.world else None
        named = named or diagnosing.slip_of_function(world, chain.truth, tree, self.sides.clock)
        if named is None and not finding.number and (needs := self._needs_of_functions(world, chain.truth, tree)):
            return replace(found, verdict="right only when", needs=needs, expected=None)
        found = replace(found, witness=self._witness(chain, tree, finding, world))
        if named is not None and named.slip == "path_left_out" and self._other_half(chain.left, tree):
            named = replace(named, slip="accumulation_overwritten")
        return _with_slip(found, named) if named is not None else found

    def _other_half(self, token: Tree, tree: Tree) -> bool:
        """Whether a derivative is said once more to be a part of its sum, and the parts make it up."""
        before = self.parts.setdefault(token, [])
        before.append(tree)
        return len(before) > 1 and self.world.decide(token, total(before), self.sides.clock).equal is True

    def _expected(self, chain: Chain, tree: Tree, finding: Finding) -> Tree | None:
        graph, network = self.subject.graph, self.subject.network
        if finding.number and literal(tree) and finding.exact and "," not in finding.exact:
            try:
                (cell,) = self.sides.cells(chain.truth)  # of an array of one entry too
                value = self.sides.state(chain).value(cell)
                return _as_tree(write(value, self.subject.digits)[0])
            except (DerivgenError, decimal.DecimalException, ValueError):
                return None
        return expected(graph, network, chain.truth, tree)

    def _witness(self, chain: Chain, tree: Tree, finding: Finding, world: World) -> Witness | None:
        if finding.shown is not None:
            return Witness((), *finding.shown)
        if self.figures.given and (here := self._here(chain, tree)) is not None:
            return Witness((), *_apart(*here))
        decision = finding.decision
        if not isinstance(decision.point, AtNumbers):
            return None
        at = [
            (name, write(decision.point.leaves[name], 6)[0])
            for name in world.leaves_of(chain.truth, tree) if name in decision.point.leaves
        ]  # fmt: skip
        at += [(f, op) for f, op in decision.point.bound if f in world.functions_of(chain.truth, tree)]
        left, right = _apart(*decision.values)
        return Witness(tuple(at), left, right)

    def _here(self, chain: Chain, tree: Tree) -> tuple[Real, Real] | None:
        """What the two sides come to at the work's own numbers, where these tell them apart."""
        state = self.figures.state("now")
        try:
            pairs = [tuple(state.value(cell) for cell in pair)
                     for pair in zip(self.sides.cells(chain.truth), self.sides.cells(tree), strict=True)]  # fmt: skip
        except (DerivgenError, decimal.DecimalException, ValueError):
            return None
        return next(((left, right) for left, right in pairs if not close(left, right)), None)

    def _slip(self, chain: Chain, tree: Tree, finding: Finding) -> Slipped | None:
        """The slip that explains a wrong side, one entry of an array if only one is wrong."""
        roles = self.subject.roles
        try:
            if finding.number:
                return self._numeric_slip(chain, tree)
            token, wrong = self._wrong_entry(chain.left, tree)
            asked = Asked(token, chain.kind == "update", chain.before if chain.sound else None, wrong)
            found = diagnosing.slip_in_symbols(self.world, roles, self.subject.network, asked, self.sides.clock)
            return found or self._slip_on_branch(chain, asked)
        except (DerivgenError, RecursionError):  # nothing that can be derived: no slip is named
            return None

    def _slip_on_branch(self, chain: Chain, asked: Asked) -> Slipped | None:
        """The slip that explains a wrong side where the work's numbers have the kinks."""
        if not self.figures.given or not self.world.kinked or asked.side is None or self.sides.clock.over:
            return None
        branch = on_branch(self.world, self.figures.state("now"), (chain.truth, asked.side))
        if branch is None:
            return None
        there, change = branch
        here = replace(asked, side=change(asked.side))
        if there.decide(here.side or ZERO, ZERO, self.sides.clock).equal:  # a zero is explained by anything
            return None
        roles, network = self.subject.roles, self.subject.network
        found = diagnosing.slip_in_symbols(there, roles, network, here, self.sides.clock, change)
        return found if found is None or found.slip not in diagnosing.BY_NAME else None  # too much is equal there

    def _wrong_entry(self, left: Tree, tree: Tree) -> tuple[Tree, Tree]:
        """The only wrong entry of an array and what it is an entry of; the sides themselves if there are more."""
        try:
            tokens, cells = self.sides.cells(left), self.sides.cells(tree)
        except CertificateError:  # arrays that do not fit together: which one is wrong may show all the same
            return left, tree
        if len(tokens) == len(cells) > 1:
            pairs = zip(tokens, cells, strict=True)
            wrong = [pair for pair in pairs if not self.world.decide(*pair, self.sides.clock).equal]
            if len(wrong) == 1:
                return wrong[0]
        return left, tree

    def _numeric_slip(self, chain: Chain, tree: Tree) -> Slipped | None:
        """A slip whose numbers are the wrong ones: two digits at least, or chance would name one.

        Where no number is given, what is worked out holds for all, and one digit is as good.
        """
        cells, state = self.sides.cells(tree), self.sides.state(chain)
        if (early := self._used_early(chain, cells)) is not None:
            return early
        shown = [literal(cell) for cell in cells]
        short = all(shown) and not all(s is not None and abs(s.value) >= 10 * s.unit for s in shown)
        if short and self.figures.given:
            return None

        def matches(other: Tree) -> bool:
            try:
                values = tuple(state.value(cell) for cell in self.world.cells(other)[1])
            except (DerivgenError, decimal.DecimalException):
                return False
            return len(values) == len(cells) and bool(self.figures.graded(cells, values, state))

        asked = Asked(chain.left, chain.kind == "update", None, tree)
        if chain.before is not None and chain.sound and not says(chain.before):  # a slip of the calculator
            return Slipped("whole_sign", tree) if matches(negate(chain.truth)) else None
        found = diagnosing.slip_in_numbers(self.subject.roles, self.subject.network, asked, matches, self.sides.clock)
        if found is not None and found.slip.startswith("half_or_two") and derived(chain.truth):
            # A weight that is 1/2 or 2 may be the factor too many, or the one that is lost.
            same = any(abs(value) in (2, Fraction(1, 2)) for value in self.figures.known().values())
            return None if same else found
        return found

    def _used_early(self, chain: Chain, cells: tuple[Tree, ...]) -> Slipped | None:
        """A derivative that was worked out with a weight that has been updated already."""
        if not self.figures.updated or not any(isinstance(part, Partial) for part in walk(chain.truth)):
            return None
        weights = [name for name in self.figures.updated if isinstance(name, str)]
        state, found = self.figures.state("now"), []
        if self.sides.state(chain) is not state:  # that of the new weights is asked for
            return None
        forward = {node.name: state[node.name] for node in self.world.graph.nodes}
        for name in weights:
            new = {**self.figures.given, name: self.figures.updated[name]}
            for given in ({**forward, **new}, new):  # with the values of the forward pass kept, or done anew
                one = AtNumbers(self.world, given, self.subject.taken)
                try:
                    values = tuple(one.value(cell) for cell in self.sides.cells(chain.truth))
                except (EvaluationError, decimal.DecimalException):
                    continue
                if self.figures.graded(cells, values, one):
                    found.append(name)
        if len(set(found)) != 1:
            return None
        at = next((part.wrt for part in walk(chain.truth) if isinstance(part, Partial)), "")
        return Slipped("updated_weight_early", chain.truth, (Name(found[0]), Name(at)))

    def _needs_of_functions(self, world: World, truth: Tree, tree: Tree) -> str:
        """What an abstract function would have to be: g'(z) = a(1 - a) is right when g is the sigmoid."""
        graph = world.given_graph
        for function, arity in graph.functions:
            for row in OPERATIONS.values() if function not in dict(graph.bindings) and arity == 1 else ():
                if row.role == "activation" and not self.sides.clock.over:
                    bound = World.of(graph.bind({function: row.name}))
                    if bound.decide(truth, tree, self.sides.clock, real=False).equal:
                        return f"{function} = {row.name}"
        return ""


def _as_tree(text: str) -> Tree:
    """A decimal as it is printed."""
    bare = Number(Fraction(text.lstrip("-")), text.lstrip("-"))
    return Apply("negate", (bare,)) if text.startswith("-") else bare


def _with_slip(verdict: Verdict, named: Slipped) -> Verdict:
    return replace(verdict, slip=named.slip, about=named.about, path=named.path, at=named.at)


def _apart(left: Real, right: Real) -> tuple[str, str]:
    """Two numbers with as many decimals as it takes to tell them apart, four at least."""
    for places in (4, 6, 9, 15, 30):
        try:
            texts = write(left, places)[0], write(right, places)[0]
        except WritingError:
            break
        if texts[0] != texts[1]:
            return texts
    return f"{to_decimal(left):.6e}", f"{to_decimal(right):.6e}"
