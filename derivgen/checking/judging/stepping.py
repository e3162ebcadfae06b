"""Statements in, which of them are updates out: whether the old weights are still needed, or the new ones count.

A step of gradient descent moves all weights from one state of the network. As long as the work goes on with the same
step, it may say old values and new ones; after its last update the values are those of the new weights.
"""

from __future__ import annotations

from collections.abc import Sequence

from derivgen.checking.judging.rounding import agreement, literal
from derivgen.checking.work import Statement, Subject, Unread
from derivgen.expression import Name, Tree, names

Place = tuple[int, str]  # an exercise and a part: each part begins at the network as it is given


class Steps:
    """The updates of a work, those behind and those to come."""

    def __init__(self, subject: Subject, found: Sequence[Statement | Unread]) -> None:
        self.subject = subject
        self.later: dict[int, frozenset[str]] = {}
        to_come: dict[Place, frozenset[str]] = {}
        for one in reversed(found):
            if isinstance(one, Statement) and not one.fragment.skip:
                self.later[id(one)] = to_come.get(_place(one), frozenset())
                to_come[_place(one)] = self.later[id(one)] | self._moved(one)
        self.to_come: frozenset[str] = frozenset()
        self.here, self.stepped_at = (0, ""), (0, "")
        self.reason, self.stepped_in = (-1, -1), (-2, -2)  # sentences: of a word such as "since", of the last update
        self.sentence = (-1, -1)
        self.by_rule: set[object] = set()  # weights of which only the rule is said, in letters: w <- w - α ∂L/∂w

    def reach(self, statement: Statement) -> None:
        """The work has come to this statement."""
        self.here, self.to_come = _place(statement), self.later.get(id(statement), frozenset())
        self.sentence = statement.fragment.paragraph, statement.fragment.sentence
        self.reason = self.sentence if statement.fragment.supposed else (-1, -1)

    def stepped(self, weight: str, *, by_rule: bool) -> None:
        """A weight has been updated here."""
        (self.by_rule.add if by_rule else self.by_rule.discard)(weight)
        self.stepped_at, self.stepped_in = self.here, self.sentence

    def goes_on(self, updated: frozenset[object]) -> bool:
        """Whether the old state is still needed: for other weights of the same step, in another part, or as a reason.

        That is what an update came of, said behind it: w <- 1.4, since ∂L/∂w = -4.
        """
        open_ = bool(self.to_come - updated) or not self.by_rule.isdisjoint(updated)
        return open_ or self.here != self.stepped_at or self.reason == self.stepped_in

    def _moved(self, statement: Statement) -> frozenset[str]:
        """The weights that a statement updates."""
        left = statement.left.tree
        if not isinstance(left, Name) or not statement.links:
            return frozenset()
        entries = [cell.name for row in self.subject.graph.entries(left) or [[left]] for cell in row
                   if isinstance(cell, Name)]  # fmt: skip
        leaves = all(name in self.subject.graph and self.subject.graph.is_leaf(name) for name in entries)
        (relation, side), *_ = statement.links
        return frozenset(entries) if leaves and self._is_step(relation, left.name, side.tree) else frozenset()

    def _is_step(self, relation: str, weight: str, side: Tree) -> bool:
        """Whether a side is a weight's new value: it goes on from the old one, or is another number than that."""
        if relation == "<-" or not {weight, self.subject.roles.step_size}.isdisjoint(names(side)):
            return True
        shown, given = literal(side), self.subject.numbers.get(weight)
        return shown is not None and given is not None and not agreement(shown, given)


def _place(statement: Statement) -> Place:
    return statement.fragment.exercise, statement.fragment.part
