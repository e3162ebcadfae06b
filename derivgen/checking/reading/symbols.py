"""A subject in, what every symbol of its work means out: the table that decides what other people's LaTeX says.

Quantities, arrays and their entries, functions and operations by all spellings; a symbol is looked up by its base,
subscript and superscript. Nothing is guessed: what two declared things could be is neither.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from derivgen.checking.work import Subject
from derivgen.expression import Apply, Name, Partial, Tree
from derivgen.graph import Graph
from derivgen.lexing import ARRAY_CALLS, Scope
from derivgen.notation import parts
from derivgen.operations import CALLABLE, OPERATIONS, SPELLINGS

Key = tuple[str, str, str]  # base, subscript, superscript
Bindings = list[tuple[Key, dict[str, int]]]

SHOWN = 8
REMEMBERED = 1_000  # answers to one question
GENERIC = ("g", "phi", "s")  # what books call an activation, whichever it is; s is a sigmoid wherever it is used
LOSSES = ("L", "ell", "Loss", "loss")  # one of them is declared: the others can mean nothing else
DERIVED = {"min": 2, "sinh": 1, "cosh": 1}  # no rows of the table, but written by its rows
SOFTMAX = "softmax"  # of a column, which no row of the table is of
_BRACKETS = "()[]"
_SPOKEN_FOR = frozenset("TDdeEI")  # letters with a use of their own: a transpose, a derivative, e^x, an indicator


@dataclass(frozen=True)
class Function:
    """What can be called: an operation of the table or a declared function, and its number of arguments."""

    operation: str
    arity: int


class Written(NamedTuple):
    """A symbol as it is written: its base, the pieces of its scripts, and how many primes."""

    base: str
    subscript: tuple[str, ...] = ()
    superscript: tuple[str, ...] = ()
    primes: int = 0

    def primed(self, primes: int) -> Written:
        return Written(self.base, self.subscript, self.superscript, self.primes + primes)

    @property
    def key(self) -> Key:
        return self.base, "".join(self.subscript), "".join(self.superscript)

    @staticmethod
    def of(key: Key) -> Written:
        base, subscript, superscript = key
        return Written(base, (subscript,) if subscript else (), (superscript,) if superscript else ())

    @property
    def plain(self) -> str:
        """How plain maths would write it."""
        base, subscript, superscript = self.key
        below = f"_{subscript}" if subscript.isalnum() else f"_{{{subscript}}}" if subscript else ""
        return f"{base}{below}" + (f"^{superscript}" if superscript else "") + "'" * self.primes


@dataclass(frozen=True)
class Symbols:
    """What the symbols of a subject mean: ``quantities`` are trees by key, ``functions`` what can be called.

    ``words`` are the bases of several letters, ``spread`` the subscripts and superscripts that each base has.
    """

    graph: Graph
    quantities: Mapping[Key, Tree]
    functions: Mapping[Key, Function]
    words: frozenset[str]
    spread: Mapping[str, tuple[tuple[str, str], ...]]
    trained: frozenset[str]  # weights and biases
    known: tuple[str, ...]
    subject: Subject = field(repr=False, compare=False)
    own: tuple[tuple[str, str], ...]  # letters that the work has defined, and the operations that they are
    named: tuple[Key, ...]  # quantities that the work has named itself
    _labels: Mapping[Key, tuple[Key, ...]] = field(repr=False, compare=False)
    _said: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _bindings: dict[object, Bindings] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def of(subject: Subject, own: tuple[tuple[str, str], ...] = (), named: tuple[Key, ...] = ()) -> Symbols:
        """The table of a subject's network, and of the functions and quantities that its work has defined."""
        graph = subject.graph
        quantities = {key: Name(Written.of(key).plain) for key in named} | dict(_quantities(graph.scope, subject))
        functions = dict(_functions(graph, {base for base, _, _ in quantities}))
        functions |= {(letter, "", ""): Function(operation, 1) for letter, operation in own}
        functions = {key: function for key, function in functions.items() if function.operation}
        spread: dict[str, list[tuple[str, str]]] = defaultdict(list)
        labels: dict[Key, list[Key]] = defaultdict(list)
        for base, subscript, superscript in (*quantities, *functions):
            spread[base].append((subscript, superscript))
            for below in {subscript, subscript.replace(",", "")}:
                labels[base, below, superscript.strip(_BRACKETS)].append((base, subscript, superscript))
        words = {base for base, _, _ in (*quantities, *functions) if len(base) > 1}
        return Symbols(
            graph, quantities, functions, frozenset(words), {base: tuple(found) for base, found in spread.items()},
            frozenset((*subject.roles.weights, *subject.roles.biases)),
            (*graph.leaves, *(node.name for node in graph.nodes)), subject, own, named,
            {key: tuple(dict.fromkeys(found)) for key, found in labels.items()},
        )  # fmt: skip

    def may_be_called(self, letter: str) -> bool:
        """Whether a work may say what a letter is as a function: one that means nothing, or any activation."""
        key = (letter, "", "")
        if key in self.quantities or key in self._declared:
            return False
        return key not in self.functions or letter in GENERIC

    def calling(self, letter: str, operation: str) -> Symbols:
        """These symbols and one more function, which the work has defined; without it if that is none of the table."""
        own = {**dict(self.own), letter: operation}
        return Symbols.of(self.subject, tuple(own.items()), self.named)

    def may_be_named(self, written: Written) -> bool:
        """Whether a work may give a quantity this name: nothing of the network is called like it, in any case; or δ."""
        base = written.base
        if self.key(written.key) is not None:
            return False
        taken = {known.casefold() for known, *_ in self.quantities.keys() - {*self.named} | self.functions.keys()}
        near = len(base) > 2 and difflib.get_close_matches(base.casefold(), taken, n=1, cutoff=0.75)
        spoken_for = base in LOSSES or (base in "Td" and written == Written(base))
        other = base.casefold() not in taken and not near and not spoken_for
        return not written.primes and (other or base == "delta")

    def naming(self, key: Key) -> Symbols:
        """These symbols and one more quantity, which the work has named."""
        return Symbols.of(self.subject, self.own, (*self.named, key))

    # --- looking up ---------------------------------------------------------------------------------------------

    def key(self, key: Key) -> Key | None:
        """The declared key that this one means: itself, or the only one with its label in other brackets."""
        if key in self.quantities or key in self.functions:
            return key
        base, subscript, superscript = key
        label = superscript.strip(_BRACKETS)
        near = self._labels.get((base, subscript, label), ())
        if not near and "," in subscript:
            plain = self._labels.get((base, subscript.replace(",", ""), label), ())
            near = tuple(row for row in plain if "," not in row[1])
        if len(near) != 1 or bool(near[0][2]) != bool(superscript) or (superscript == "*") != (near[0][2] == "*"):
            return None
        return near[0]

    def quantity(self, key: Key) -> Tree | None:
        found = self.key(key)
        return None if found is None else self.quantities.get(found)

    def function(self, key: Key) -> Function | None:
        found = self.key(key)
        return None if found is None else self.functions.get(found)

    def is_label(self, base: str, subscript: tuple[str, ...], script: str) -> bool:
        """Whether a bare superscript belongs to the name: declared so, or the base without one is not declared."""
        below = "".join(subscript)
        if (base, below, script) in self.quantities or (base, below, script) in self.functions:
            return True
        if script == "*" or (base, below, "") in self.quantities or (base, below, "") in self.functions:
            return False
        if self.key((base, below, script)) is not None:
            return True
        has = [above for found, above in self.spread.get(base, ()) if bool(found) == bool(below)]
        return any(above.strip(_BRACKETS) == script for above in has) and "" not in has and not below.isdigit()

    def takes(self, base: str, subscript: str) -> bool:
        """Whether some quantity has this base and subscript, under whatever superscript."""
        return (base, subscript.replace(",", "")) in self._subscripts

    @cached_property
    def _declared(self) -> frozenset[Key]:
        return frozenset(parts(name) for name in dict(self.graph.functions))

    @cached_property
    def widest(self) -> int:
        """The letters of the longest word."""
        return max(map(len, self.words), default=1)

    @cached_property
    def has_euler(self) -> bool:
        """Whether e^x is the exponential function: not if a quantity is called e."""
        return not any(subscript == "" for subscript, _ in self.spread.get("e", ()))

    def is_word(self, subscript: str) -> bool:
        """Whether letters are one subscript of some quantity: w_new."""
        return subscript in self._subscript_words

    @cached_property
    def _subscripts(self) -> frozenset[tuple[str, str]]:
        return frozenset((base, below.replace(",", "")) for base, rows in self.spread.items() for below, _ in rows)

    @cached_property
    def _subscript_words(self) -> frozenset[str]:
        return frozenset(below for rows in self.spread.values() for below, _ in rows)

    def bindings(self, written: Written, bound: Mapping[str, int | None]) -> Bindings:
        """The declared keys that a symbol with index variables can mean, and the values that the variables then have.

        ``bound`` maps a variable to its value, None while its range is being found.
        """
        asked = written, tuple(bound)
        if asked not in self._bindings:
            if len(self._bindings) > REMEMBERED:
                self._bindings.clear()
            self._bindings[asked] = list(self._all_bindings(written, tuple(bound)))
        return [
            (key, values) for key, values in self._bindings[asked]
            if all(bound[name] is None or bound[name] == value for name, value in values.items())
        ]  # fmt: skip

    def _all_bindings(self, written: Written, variables: tuple[str, ...]) -> Iterator[tuple[Key, dict[str, int]]]:
        below, above = (_pattern(pieces, variables) for pieces in (written.subscript, written.superscript))
        rows = self.spread.get(written.base, ())
        one = len(written.subscript) == 1 and written.subscript[0] in variables
        if one and not any(len(subscript) == 1 for subscript, _ in rows):
            return  # W_k is not W_11
        other = written.superscript[:1] in (("(",), ("[",)) and not any(above.fullmatch(label) for _, label in rows)
        if other:  # brackets than the declared ones
            above = _pattern(written.superscript[1:-1], variables)
        for subscript, superscript in rows:
            label = superscript.strip(_BRACKETS) if other else superscript
            first, second = below.fullmatch(subscript), above.fullmatch(label)
            if first is None or second is None:
                continue
            values = {variable[1:]: int(value) for variable, value in first.groupdict().items()}
            if all(values.setdefault(name[1:], int(v)) == int(v) for name, v in second.groupdict().items()):
                yield (written.base, subscript, superscript), values

    # --- what there is ------------------------------------------------------------------------------------------

    def has(self, word: str) -> str:
        """What to say of an undeclared symbol: what this network has, the nearest first."""
        if len(self._said) > REMEMBERED:
            self._said.clear()
        if word not in self._said:
            self._said[word] = self._has(word)
        return self._said[word]

    def _has(self, word: str) -> str:
        folded = {name.casefold(): name for name in reversed(self.known[:300])}
        near = [folded[name] for name in difflib.get_close_matches(word[:40].casefold(), folded, n=2)]
        shown = list(dict.fromkeys((*near, *self.known)))[:SHOWN]
        more = ", …" if len(self.known) > len(shown) else ""
        return f"this network has {', '.join(shown)}{more}" if shown else "this network has no quantities"

    def depends(self, name: str, tree: Tree) -> bool:
        """Whether the quantity of this name is worked out from another, or from all entries of an array."""
        if not isinstance(tree, Name) or name not in self.graph:
            return False
        before = self.graph.ancestors(name) - {name}
        rows = self.graph.entries(tree) if tree.name in self.graph.scope.arrays else ((tree,),)
        return all(isinstance(entry, Name) and entry.name in before for row in rows or () for entry in row)


def _pattern(pieces: Sequence[str], variables: Sequence[str]) -> re.Pattern[str]:
    """The regular expression of a script with index variables; a comma may part any two indices."""
    seen: set[str] = set()
    items = []
    if all(piece.isalnum() or piece == "," for piece in pieces):
        pieces = [piece for piece in pieces if piece != ","]
    for piece in pieces:
        if piece not in variables:
            items.append(re.escape(piece))
        else:
            items.append(f"(?P=v{piece})" if piece in seen else f"(?P<v{piece}>[0-9]+)")
            seen.add(piece)
    return re.compile((",?" if all(piece.isalnum() for piece in pieces) else "").join(items))


# --- the table's rows ----------------------------------------------------------------------------------------------


def _quantities(scope: Scope, subject: Subject) -> Iterator[tuple[Key, Tree]]:
    """Every quantity, array, entry of an array of derivatives, and the loss's other names; declared ones win."""
    rows = dict(_declared(scope))
    for key, tree in (*_entries(subject.graph), *_deltas(subject), *_loss_names(rows, subject)):
        rows.setdefault(key, tree)
    graph = subject.graph
    taken = {parts(name)[0] for name in (*graph.leaves, *(node.name for node in graph.nodes))}
    elsewhere: dict[Key, set[Tree]] = defaultdict(set)
    for key, tree in _in_matrices(graph):
        if key[0] not in taken | _SPOKEN_FOR:
            elsewhere[key].add(tree)
    for key, trees in elsewhere.items():
        if len(trees) == 1:
            rows.setdefault(key, *trees)
    yield from _one_l(rows, subject.roles.loss).items()


def _one_l(rows: dict[Key, Tree], loss: str) -> dict[Key, Tree]:
    """The same with ℓ for l and l for ℓ, where one of them is declared; with a loss L as well, ℓ could be either."""
    alias = ("ell", "", "")
    meant = rows.get(alias) == Name(loss) and loss != "ell"
    if meant and ("l", "", "") in rows:
        return {key: tree for key, tree in rows.items() if key != alias}
    declared = {key[0] for key in rows if key != alias or not meant}
    other = {"l": "ell", "ell": "l"}
    free = {base for base in declared & other.keys() if other[base] not in declared}
    return {(other[key[0]], *key[1:]): tree for key, tree in rows.items() if key[0] in free} | rows


def _declared(scope: Scope) -> Iterator[tuple[Key, Tree]]:
    for name in (*scope.names, *scope.arrays):
        yield parts(name), Name(name)


def _entries(graph: Graph) -> Iterator[tuple[Key, Tree]]:
    """δ_1^(2) for the entry ∂L/∂z_1^(2) of the array δ^(2): it has the subscript of what it is taken of."""
    for name, tree in graph.arrays:
        base, _, superscript = parts(name)
        for row in tree.args if isinstance(tree, Apply) else ():
            for entry in row.args if isinstance(row, Apply) else ():
                if isinstance(entry, Partial) and (subscript := parts(entry.wrt)[1]):
                    yield (base, subscript, superscript), Partial(entry.of, entry.wrt)


def _in_matrices(graph: Graph) -> Iterator[tuple[Key, Tree]]:
    """W_12^[2] for the entry w_12^[2] of the matrix W^[2], and w_12^(2) for W_12^(2).

    Where the entry's own indices are not its row and its column, those of the matrix could be either: left out.
    """
    for name, tree in graph.arrays:
        base, _, superscript = parts(name)
        for i, row in enumerate(tree.args if isinstance(tree, Apply) else (), 1):
            for j, entry in enumerate(row.args if isinstance(row, Apply) and len(row.args) > 1 else (), 1):
                if not isinstance(entry, Name):
                    continue
                own, below, above = parts(entry.name)
                place = f"{i},{j}" if "," in below and below.replace(",", "").isdigit() else f"{i}{j}"
                indexed = below.replace(",", "").isdigit()
                if below == place or not indexed:
                    yield (base, place, superscript), entry
                if indexed and len(own) == 1:
                    yield (own.swapcase(), below, above), entry


def _deltas(subject: Subject) -> Iterator[tuple[Key, Tree]]:
    """δ of a layer that has one node, which needs no array."""
    network = subject.network
    if network is None or network.notation is None or network.notation.batch:
        return
    of = network.loss or (network.outputs[0] if len(network.outputs) == 1 else "")
    for layer in network.layers if of else ():
        if layer.size == 1:
            base, _, superscript = parts(network.notation.write("delta", l=layer.number))
            name = layer.pre[0][0]
            yield (base, "", superscript), Partial(of, name)
            yield (base, parts(name)[1], superscript), Partial(of, name)


def _loss_names(rows: Mapping[Key, Tree], subject: Subject) -> Iterator[tuple[Key, Tree]]:
    """ℓ, \\mathcal{L} or Loss for a loss that is declared under another of these names."""
    loss = subject.roles.loss
    taken = {base for base, _, _ in rows}
    for name in LOSSES if loss in LOSSES and loss in subject.graph else ():
        if name not in taken:
            yield (name, "", ""), Name(loss)


def _functions(graph: Graph, taken: set[str]) -> Iterator[tuple[Key, Function]]:
    """Declared functions, then the table's by every spelling that no quantity has, then the books' own letter."""
    declared = dict(graph.functions)
    for name, arity in declared.items():
        yield parts(name), Function(name, arity)
    bases = taken | {parts(name)[0] for name in declared}
    for spelling, operation in SPELLINGS.items():
        if operation in CALLABLE and spelling not in bases:
            yield (spelling, "", ""), Function(operation, len(OPERATIONS[operation].arguments))
    for word, arity in (DERIVED | ARRAY_CALLS | {SOFTMAX: 0}).items():
        if word not in bases:
            yield (word, "", ""), Function(word, arity)
    used = set(_activations(graph))
    if len(used) == 1:
        activation = used.pop()
        for letter in GENERIC:
            if letter not in bases and (letter != "s" or activation == "sigmoid"):
                yield (letter, "", ""), Function(activation, 1)


def _activations(graph: Graph) -> Iterable[str]:
    """The activations that the network's nodes apply, but the one that changes nothing."""
    for node in graph.nodes:
        tree = graph.resolved(node.tree)
        if isinstance(tree, Apply) and tree.operation in OPERATIONS:
            row = OPERATIONS[tree.operation]
            if row.role == "activation" and row.name != "identity":
                yield row.name


def evaluated(pieces: Sequence[str], bound: Mapping[str, int | None]) -> tuple[str, ...]:
    """A script with its index variables replaced by their values, and l+1 worked out.

    >>> evaluated(("(", "l", "+", "1", ")"), {"l": 2}), evaluated(("1", "k"), {"k": 3})
    (('(', '3', ')'), ('1', '3'))
    """
    if not any(piece in bound for piece in pieces):
        return tuple(pieces)
    found = [str(bound[piece]) if bound.get(piece) is not None else piece for piece in pieces]
    for i, (sign, number) in enumerate(pairwise(found)):
        if sign in ("+", "-") and i and found[i - 1].isdigit() and number.isdigit():
            value = int(found[i - 1]) + (1 if sign == "+" else -1) * int(number)
            return (*found[: i - 1], str(value), *found[i + 2 :])
    return tuple(found)
