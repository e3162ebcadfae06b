"""What a checked work is made of: data only, from the found mathematics to the verdicts of its links.

A file has ``Fragment``s of mathematics; a fragment has ``Statement``s, chains A = B = C; each relation of a chain is a
``Link``, and each link gets a ``Verdict``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derivgen.expression import Partial, Tree
from derivgen.graph import Graph
from derivgen.networks import Network
from derivgen.slips import Roles

RELATIONS = ("=", "≈", "<-", "+=", "=>")
VERDICTS = ("right", "wrong", "follows", "recovered", "right only when", "unread", "undecided", "skipped")
INEQUALITY = "an inequality is not checked"
NUMBERS = ("", "exact", "rounded", "drifted", "wrong")


@dataclass(frozen=True)
class Subject:
    """What a work is about: a network, what slips must know of it, and the numbers it is worked out with.

    ``numbers`` are those of leaves and of given inner values and derivatives; empty where the work is symbolic.
    ``network`` is None where only equations are known.
    """

    graph: Graph
    roles: Roles
    network: Network | None = None
    numbers: Mapping[str | Partial, Fraction] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    digits: int = 4


@dataclass(frozen=True)
class Place:
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Marker:
    """A heading or label that says which exercise or part what follows belongs to: ``1``, ``1.e``, ``.b``."""

    at: int  # offset in the file's text
    label: str


@dataclass(frozen=True)
class Fragment:
    """A piece of mathematics as it stands in a file; ``at`` is the offset of its first character in the file's text.

    ``dialect`` is latex or plain. ``skip`` says why it is not read: code, a table, a question's false statement.
    """

    source: str
    at: int
    dialect: str = "latex"
    skip: str = ""
    exercise: int = 0
    part: str = ""
    conditional: bool = False  # it stands in a sentence with a condition: "if y = 1, then …"
    bare: bool = True  # the conditions of its sentence are formulas alone: no "and z is large" beside them
    supposed: bool = False  # behind words such as "since" or "let": if it is no fact, it is an assumption
    sentence: int = 0
    paragraph: int = 0


@dataclass(frozen=True)
class Side:
    """One side of a relation: its tree, and the text it was read from, by offsets in the file.

    Behind w -= v a side may say what w comes to, or v once more; then it is ``change``.
    """

    tree: Tree
    start: int
    end: int
    change: Tree | None = None


@dataclass(frozen=True)
class Statement:
    """A chain as read: its first side, then (relation, side) pairs; ``fragment`` is the one that it stands in.

    ``dummy`` is the undeclared letter that stands for any argument of a function, in this statement only: g'(z) = ...
    """

    left: Side
    links: tuple[tuple[str, Side], ...]
    fragment: Fragment
    dummy: str = ""


@dataclass(frozen=True)
class Unread:
    """What cannot be read: where, why, and what to write instead.

    ``relation`` is that of the link which is lost; empty where what cannot be read stands alone and claims nothing.
    """

    start: int
    end: int
    problem: str
    suggestion: str
    fragment: Fragment
    relation: str = ""

    @property
    def assumed(self) -> bool:
        """Whether it is an inequality behind a word of condition: since z > 0."""
        return self.problem == INEQUALITY and (self.fragment.supposed or self.fragment.skip == "condition")


@dataclass(frozen=True)
class Witness:
    """Numbers at which the two sides of a link differ, and what they come to there."""

    at: tuple[tuple[str, str], ...]
    left: str
    right: str


@dataclass(frozen=True)
class Verdict:
    """What is found of one link. ``tree`` is its right side, ``expected`` what it should be.

    ``number`` says of a number how it was judged, ``exact`` is then the value that it stands for. ``slip`` is a row of
    the slips' table, ``about`` the trees that its words name. ``needs`` is what "right only when" needs.
    """

    verdict: str
    start: int
    end: int
    relation: str = "="
    left: Tree | None = None
    tree: Tree | None = None
    expected: Tree | None = None
    number: str = ""
    exact: str = ""
    slip: str = ""
    about: tuple[Tree, ...] = ()
    path: tuple[str, ...] = ()
    at: str = ""
    witness: Witness | None = None
    needs: str = ""
    problem: str = ""
    suggestion: str = ""
    sampled: bool = False  # more branches than were tried
    exercise: int = 0
    part: str = ""
