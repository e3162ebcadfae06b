"""Fully connected layers, in any of the table's notations: sizes and activations in, equations out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derivgen import spec
from derivgen.draws import Draws
from derivgen.errors import DerivgenError, suggest
from derivgen.expression import (
    Apply,
    Name,
    Partial,
    Tree,
    apply,
    column,
    matrix,
    negate,
    number,
    product,
    total,
)
from derivgen.graph import Graph, Node
from derivgen.networks.network import Layer, Network, drawn, operation
from derivgen.notation import Notation, NotationError, notation, parts
from derivgen.operations import OPERATIONS

KEYS = ("sizes", "activation", "output_activation", "biases", "loss", "class", "notation", "neurons", "examples",
        "reduction", "functions", "step_size")  # fmt: skip
WIDEST, DEEPEST, MOST_EXAMPLES = 64, 9, 12
LETTERS = "xhjkmpqrsu"  # of named neurons, layer by layer; the output is y


def layered(network: spec.Network, draws: Draws, kinks: str) -> Network:
    """A network of fully connected layers.

    ``sizes`` from the inputs to the outputs; ``activation`` of the hidden layers (or a list, one for each layer) and
    ``output_activation`` (identity); ``biases``; ``loss`` (none: the output is what is derived); ``class`` the one of
    a cross-entropy; ``notation``; ``neurons`` their names; ``examples`` of a batch and the ``reduction`` of their
    losses; ``functions`` left abstract, or what each stands for; ``step_size`` its name. Each may be drawn.
    """
    return _Builder(network, draws, kinks).build()


@dataclass
class _Names:
    """Every quantity's plain name by the notation; ``one`` stands where a node 0 does."""

    notation: Notation
    sizes: tuple[int, ...]
    neurons: tuple[tuple[str, ...], ...]
    examples: int

    def example(self, n: int) -> object:
        return n if self.notation.batch else ""

    def node(self, layer: int, k: int) -> object:
        """A node's index: its number, or its name where nodes have names; node 0 is the constant."""
        return self.neurons[layer][k - 1] if self.neurons and k else k

    def lone(self, layer: int) -> bool:
        return self.sizes[layer] == 1 and not self.neurons

    def value(self, layer: int, k: int, n: int) -> str:
        """The name of what a node of a layer hands on; the inputs are layer 0."""
        last, write, at = len(self.sizes) - 1, self.notation.write, self.node(layer, k)
        example = self.example(n)
        if layer == 0:
            return write("input", i=at, l=0, n=example)
        if layer == last:
            return write("output", j="" if self.lone(layer) else at, l=layer, n=example)
        if self.lone(layer) and self.notation.lone_post and k:
            return write("lone_post", l=layer, n=example)
        return write("post", j=at, l=layer, n=example)

    def pre(self, layer: int, k: int, n: int) -> str:
        if self.lone(layer) and self.notation.lone_pre:
            return self.notation.write("lone_pre", l=layer, n=self.example(n))
        return self.notation.write("pre", j=self.node(layer, k), l=layer, n=self.example(n))

    def weight(self, layer: int, i: int, j: int) -> str:
        return self.notation.write("weight", i=self.node(layer - 1, i), j=self.node(layer, j), l=layer)

    def bias(self, layer: int, j: int) -> str:
        return self.notation.write("bias", j=self.node(layer, j), l=layer)

    def target(self, k: int, n: int) -> str:
        last = len(self.sizes) - 1
        return self.notation.write("target", j="" if self.lone(last) else self.node(last, k), n=self.example(n))


class _Builder:
    def __init__(self, network: spec.Network, draws: Draws, kinks: str) -> None:
        self.place, self.draws, self.kinks = network.place, draws, kinks
        self.options = dict(network.options)
        for key in self.options:
            if key not in KEYS:
                raise self.place.at(key).error(suggest(key, KEYS))
        self.sizes = self._sizes()
        self.notation = self._notation()
        self.meanings: tuple[tuple[str, str], ...] = ()
        self.functions = self._functions()
        self.biases = self._choice("biases", True)
        if not isinstance(self.biases, bool):
            raise self.place.at("biases").error("must be true or false")
        if self.notation.bias_row and not self.biases:
            self.notation = replace(self.notation, bias="b_j^(l)", rest="")  # no row 0
        self.examples = self._whole("examples", 2, MOST_EXAMPLES) if "examples" in self.options else 1
        if self.notation.batch != ("examples" in self.options):
            problem = (
                "writes a batch: say how many examples"
                if self.notation.batch
                else "does not number the examples; use the notation 'examples', or patterns with the index n"
            )
            place = self.place.at("examples" if "examples" in self.options else "notation")
            raise place.error(f"the notation {self.notation.name!r} {problem}")
        self.reduction = self._choice("reduction", "mean")
        if self.reduction not in ("mean", "sum"):
            raise self.place.at("reduction").error(suggest(str(self.reduction), ["mean", "sum"]))
        if "reduction" in self.options and not self.notation.batch:
            raise self.place.at("reduction").error("is of the losses of a batch: say how many examples")
        self.activations = self._activations()
        self.loss = self._loss()
        self.target_class = self._whole("class", 1, self.sizes[-1]) if "class" in self.options else 0
        if self.target_class and self.loss != "cross_entropy":
            raise self.place.at("class").error("goes with the loss cross_entropy")
        if self.target_class and self.notation.batch:
            raise self.place.at("class").error("is of one example; a batch has targets")
        self.names = _Names(self.notation, self.sizes, self._neurons(), self.examples)
        self.nodes: list[Node] = []
        self.arrays: dict[str, Tree] = {}
        self.stated: dict[str, dict[str, Tree]] = {}
        self.fixed: dict[str, Fraction] = {}
        self.before_array = ""
        self.doubled: list[str] = []  # names that two arrays have

    # --- options ------------------------------------------------------------------------------------------------

    def _choice(self, key: str, default: object) -> object:
        return drawn(self.options.get(key, default), key, self.draws)

    def _whole(self, key: str, low: int, high: int) -> int:
        value = self._choice(key, None)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.place.at(key).error(f"must be a whole number from {low} to {high}")
        return value

    def _sizes(self) -> tuple[int, ...]:
        if "sizes" not in self.options:
            raise self.place.error("sizes is missing: the number of nodes of each layer, such as [2, 3, 1]")
        sizes, place = self._choice("sizes", None), self.place.at("sizes")
        if not isinstance(sizes, tuple) or not 2 <= len(sizes) <= DEEPEST + 1:
            raise place.error(f"must list 2 to {DEEPEST + 1} layers, the inputs first, such as [2, 3, 1]")
        drawn_sizes = tuple(drawn(size, f"sizes {i}", self.draws) for i, size in enumerate(sizes))
        for i, size in enumerate(drawn_sizes):
            if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= WIDEST:
                raise place.at(i).error(f"must be a whole number from 1 to {WIDEST}")
        return drawn_sizes  # type: ignore[return-value]

    def _notation(self) -> Notation:
        place = self.place.at("notation")
        default = "examples" if "examples" in self.options else "from-to"
        try:
            return notation(self._choice("notation", default))
        except NotationError as error:
            raise (place.at(error.key) if error.key else place).error(error.problem) from None

    def _functions(self) -> tuple[str, ...]:
        given, place = self.options.get("functions", ()), self.place.at("functions")
        if isinstance(given, Mapping):  # {g: relu}: the sheet says what it is, and writes g and g'
            self.meanings = tuple(
                (str(name), operation(word, "activation", place.at(name))) for name, word in given.items()
            )
            given = tuple(given)
        return spec.names_of(given, place)

    def _activations(self) -> tuple[str, ...]:
        layers, place = len(self.sizes) - 1, self.place.at("activation")
        given = self._choice("activation", "relu")
        output = self._choice("output_activation", "identity")
        if isinstance(given, tuple):
            if "output_activation" in self.options:
                raise self.place.at("output_activation").error(
                    "goes with one activation for all hidden layers, not with a list"
                )
            if len(given) != layers:
                raise place.error(f"has {len(given)} entries for {layers} layers of weights")
            listed = [(drawn(word, f"activation {i}", self.draws), place.at(i)) for i, word in enumerate(given)]
        else:
            listed = [(given, place)] * (layers - 1) + [(output, self.place.at("output_activation"))]
        found = []
        for i, (word, where) in enumerate(listed, 1):
            more = (*self.functions, *(("softmax",) if i == layers else ()))
            found.append(operation(word, "activation", where, more))
        if found[-1] == "softmax" and self.sizes[-1] == 1:
            raise listed[-1][1].error("softmax needs at least two outputs; of one it is always 1")
        return tuple(found)

    def _loss(self) -> str:
        given = self._choice("loss", None)
        if given is None:
            return ""
        found = operation(given, "loss", self.place.at("loss"), ("cross_entropy",))
        last = self.activations[-1]
        if found == "cross_entropy" and last != "softmax":
            raise self.place.at("loss").error("cross_entropy goes with output_activation: softmax")
        if found == "binary_cross_entropy" and last not in ("sigmoid", "softmax", *self.functions):
            raise self.place.at("loss").error("binary_cross_entropy goes with output_activation: sigmoid")
        return found

    def _neurons(self) -> tuple[tuple[str, ...], ...]:
        """The names of the nodes, layer by layer, where the notation writes names: x_1, x_2; h_1; …; y."""
        place, given = self.place.at("neurons"), self.options.get("neurons")
        if given is None:
            if self.notation.name != "neurons":
                return ()
            last = len(self.sizes) - 1
            letters = [*LETTERS[:last], "y"]
            return tuple(
                (letter,) if size == 1 and letter == "y" else tuple(f"{letter}_{k}" for k in range(1, size + 1))
                for letter, size in zip(letters, self.sizes, strict=True)
            )
        if not isinstance(given, tuple) or len(given) != len(self.sizes):
            raise place.error(f"must list the names of each of the {len(self.sizes)} layers")
        rows = tuple(spec.names_of(row, place.at(i)) for i, row in enumerate(given))
        for i, (row, size) in enumerate(zip(rows, self.sizes, strict=True)):
            if len(row) != size:
                raise place.at(i).error(f"has {len(row)} names for {size} nodes")
            for name in row:
                try:
                    parts(name)
                except DerivgenError as error:
                    raise place.at(i).error(str(error)) from None
        return rows

    # --- equations ------------------------------------------------------------------------------------------------

    def build(self) -> Network:
        names, last = self.names, len(self.sizes) - 1
        examples = range(1, self.examples + 1)
        alone = self.sizes[-1] == 1 and not self.notation.batch
        self.of = self.notation.loss if self.loss else names.value(last, 1, 1) if alone else ""
        layers = tuple(self._layer(number) for number in range(1, last + 1))
        inputs = tuple(names.value(0, i, n) for n in examples for i in range(1, self.sizes[0] + 1))
        weights = tuple(
            names.weight(layer, i, j)
            for layer in range(1, last + 1) for i, j in self._pairs(layer)
        )  # fmt: skip
        biases = tuple(bias for layer in layers for bias in layer.biases)
        targets: tuple[str, ...] = ()
        loss, example_losses = "", tuple[str, ...]()
        if self.loss:
            loss = self.notation.loss
            targets, example_losses = self._losses(layers[-1], loss)
        step = self._choice("step_size", self.notation.step)
        if not isinstance(step, str):
            raise self.place.at("step_size").error("must be a name")
        leaves = (*inputs, *self.fixed, *weights, *biases, *targets, step)
        self._refuse_twins(leaves)
        arities = self._arities((*leaves, *(node.name for node in self.nodes)))
        try:
            graph = Graph.made(
                leaves, self.nodes, arities, kinks=self.kinks, arrays=tuple(self.arrays.items()),
                stated=tuple((name, tuple(forms.items())) for name, forms in self.stated.items()),
                simplices=self._simplices(targets),
            )  # fmt: skip
        except DerivgenError as error:
            raise self.place.error(str(error)) from None
        return Network(
            graph, inputs, weights, targets, tuple(self.fixed), step, loss, "layered", biases,
            outputs=tuple(name for row in layers[-1].post for name in row), layers=layers, notation=self.notation,
            neurons=names.neurons, fixed=tuple(self.fixed.items()), example_losses=example_losses,
            reduction=str(self.reduction) if self.notation.batch else "", loss_kind=self.loss,
            target_class=self.target_class, meanings=self.meanings,
        )  # fmt: skip

    def _pairs(self, layer: int) -> Iterable[tuple[int, int]]:
        """(from, to) of a layer's weights, in the order of their matrix; from 0 where the biases are row 0."""
        first = 0 if self.notation.bias_row else 1
        sources, nodes = range(first, self.sizes[layer - 1] + 1), range(1, self.sizes[layer] + 1)
        if self.notation.from_first:
            return itertools.product(sources, nodes)
        return ((i, j) for j in nodes for i in sources)

    def _layer(self, number: int) -> Layer:
        names = self.names
        examples, nodes = range(1, self.examples + 1), range(1, self.sizes[number] + 1)
        first = 0 if self.notation.bias_row else 1
        sources = range(first, self.sizes[number - 1] + 1)
        before = tuple(tuple(names.value(number - 1, i, n) for i in sources) for n in examples)
        for row in before:
            if not first:
                self.fixed[row[0]] = Fraction(1)
        biases = tuple(names.bias(number, j) for j in nodes) if self.biases and first else ()
        activation, last = self.activations[number - 1], number == len(self.sizes) - 1
        pre, post = [], []
        for n, row in zip(examples, before, strict=True):
            pre.append(tuple(names.pre(number, j, n) for j in nodes))
            post.append(tuple(names.value(number, j, n) for j in nodes))
            for j, z in zip(nodes, pre[-1], strict=True):
                pairs = (
                    (Name(names.weight(number, i, j)), Name(source)) for i, source in zip(sources, row, strict=True)
                )
                terms: list[Tree] = [product(pair[::-1] if self.notation.batch else pair) for pair in pairs]
                terms += [Name(biases[j - 1])] if biases else []
                self.nodes.append(Node(z, total(terms)))
            self._activate(activation, pre[-1], post[-1])
        by_matrix = self._matrix_of_weights(number)
        weights_array = self._array("weights", number, by_matrix)
        rest_array = (
            self._array("rest", number, self._without_bias(by_matrix))
            if self.notation.bias_row and self.notation.rest
            else ""
        )
        biases_array = self._vector("biases", number, (biases,)) if biases else ""
        before_array = self._vector("inputs", 0, before) if number == 1 else self.before_array
        pre_array = self._vector("pres", number, tuple(pre))
        constants = [() if last or first else (names.value(number, 0, n),) for n in examples]
        after = tuple((*one, *row) for one, row in zip(constants, post, strict=True))
        self.before_array = post_array = self._vector("outputs" if last else "posts", number, after)
        return Layer(
            number, activation, before, by_matrix, biases, tuple(pre), tuple(post), weights_array, biases_array,
            before_array, pre_array, post_array, self._delta(number, pre), rest_array,
        )  # fmt: skip

    def _matrix_of_weights(self, number: int) -> tuple[tuple[str, ...], ...]:
        pairs = list(self._pairs(number))
        across = self.sizes[number] if self.notation.from_first else len(pairs) // self.sizes[number]
        written = [self.names.weight(number, i, j) for i, j in pairs]
        return tuple(tuple(written[k : k + across]) for k in range(0, len(written), across))

    def _without_bias(self, rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        """The weights without the constant's row, or column where a weight's first index is the node it goes to."""
        return rows[1:] if self.notation.from_first else tuple(row[1:] for row in rows)

    def _activate(self, activation: str, pre: tuple[str, ...], post: tuple[str, ...]) -> None:
        if activation == "softmax":
            exps = tuple(apply("exp", Name(z)) for z in pre)
            for at, (p, exp) in enumerate(zip(post, exps, strict=True)):
                self.nodes.append(Node(p, apply("divide", exp, total(exps))))
                self.stated[p] = {
                    other_z: product((Name(p), apply("subtract", number(1), Name(p)))) if k == at
                    else negate(product((Name(p), Name(post[k])))) for k, other_z in enumerate(pre)
                }  # fmt: skip
            return
        for z, a in zip(pre, post, strict=True):
            if z == a:
                raise self.place.at("notation").error(f"the patterns give two quantities one name: {z}")
            self.nodes.append(Node(a, Name(z) if activation == "identity" else Apply(activation, (Name(z),))))

    def _losses(self, layer: Layer, loss: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The loss node, over the examples' losses if there is a batch; the names of targets and of those losses."""
        targets: list[str] = []
        singles: list[str] = []
        for n, outputs in enumerate(layer.post, 1):
            own = [] if self.target_class else [self.names.target(k, n) for k in range(1, layer.size + 1)]
            targets += own
            name = self.notation.write("example_loss", n=n) if self.notation.batch else loss
            singles.append(name)
            self.nodes.append(Node(name, self._loss_tree(outputs, own)))
            if self.loss == "cross_entropy":
                self._state_logits(name, layer.pre[n - 1], outputs, own)
        if not self.notation.batch:
            if targets:
                self._vector("targets", 0, (tuple(targets),))
            return tuple(targets), ()
        summed = total(map(Name, singles))
        whole = summed if self.reduction == "sum" else product((number(Fraction(1, self.examples)), summed))
        self.nodes.append(Node(loss, whole))
        width = len(targets) // self.examples
        if width:
            self._vector("targets", 0, tuple(tuple(targets[k : k + width]) for k in range(0, len(targets), width)))
        return tuple(targets), tuple(singles)

    def _loss_tree(self, outputs: tuple[str, ...], targets: list[str]) -> Tree:
        if self.loss != "cross_entropy":
            return total(Apply(self.loss, (Name(a), Name(y))) for a, y in zip(outputs, targets, strict=True))
        if self.target_class:
            return negate(apply("log", Name(outputs[self.target_class - 1])))
        logs = (product((Name(y), apply("log", Name(p)))) for p, y in zip(outputs, targets, strict=True))
        terms = [negate(term) for term in logs]
        return terms[0] if len(terms) == 1 else Apply("add", tuple(terms))

    def _state_logits(self, loss: str, pre: tuple[str, ...], outputs: tuple[str, ...], targets: list[str]) -> None:
        """∂ℓ/∂z_k = p_k − y_k: softmax and cross-entropy in one step (Bishop, Pattern Recognition, eq. 4.109)."""
        forms: dict[str, Tree] = {}
        for k, (z, p) in enumerate(zip(pre, outputs, strict=True), 1):
            if self.target_class:
                forms[z] = apply("subtract", Name(p), number(1)) if k == self.target_class else Name(p)
            else:
                forms[z] = apply("subtract", Name(p), Name(targets[k - 1]))
        forms |= {y: negate(apply("log", Name(p))) for p, y in zip(outputs, targets, strict=False)}
        self.stated[loss] = forms

    def _simplices(self, targets: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """The targets of one example sum to one."""
        if self.loss != "cross_entropy" or not targets:
            return ()
        width = self.sizes[-1]
        return tuple(targets[k : k + width] for k in range(0, len(targets), width))

    # --- arrays -------------------------------------------------------------------------------------------------

    def _array(self, key: str, layer: int, rows: tuple[tuple[str, ...], ...]) -> str:
        return self._keep(
            self.notation.write(key, l=layer), matrix([[Name(name) for name in row] for row in rows]), rows
        )

    def _vector(self, key: str, layer: int, rows: tuple[tuple[str, ...], ...]) -> str:
        """A column of one example's quantities, or one row for each example of a batch."""
        entries = [[Name(name) for name in row] for row in rows]
        tree = matrix(entries) if self.notation.batch and key != "biases" else column(entries[0])
        return self._keep(self.notation.write(key, l=layer), tree, rows)

    def _keep(self, name: str, tree: Tree, rows: tuple[tuple[str, ...], ...]) -> str:
        if any(name == entry for row in rows for entry in row):
            return ""  # a single quantity that needs no array
        if name in self.arrays:
            self.doubled.append(name)
        self.arrays[name] = tree
        return name

    def _delta(self, number: int, pre: list[tuple[str, ...]]) -> str:
        """The array of ∂L/∂z of a layer; none if there is no one quantity to derive."""
        name = self.notation.write("delta", l=number)
        if name in self.arrays:
            self.doubled.append(name)
        if not self.of or name == self.of or (len(pre) == len(pre[0]) == 1):
            return ""  # no one quantity to derive, or one number, which needs no letter of its own
        rows = [[Partial(self.of, z) for z in row] for row in pre]
        self.arrays[name] = matrix(rows) if self.notation.batch else column(rows[0])
        return name

    def _arities(self, quantities: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
        used = {f for f in self.functions if f in self.activations}
        for i, name in enumerate(self.functions):
            if name in self.functions[:i] or name in quantities:
                raise self.place.at("functions").error(f"the name {name!r} is taken already")
            if name not in used:
                raise self.place.at("functions").error(f"the function {name!r} is declared but no layer uses it")
            if name in OPERATIONS:
                raise self.place.at("functions").error(
                    f"{name!r} is an operation already; a function needs a name of its own"
                )
        return tuple((name, 1) for name in self.functions)

    def _refuse_twins(self, leaves: tuple[str, ...]) -> None:
        """No two quantities, and no quantity and an array, may have one name, or look alike on paper."""
        seen: dict[tuple[str, str, str], str] = {}
        for name in (*leaves, *(node.name for node in self.nodes), *self.arrays, *self.doubled):
            try:
                twin = seen.get(parts(name))
            except DerivgenError as error:
                raise self.place.at("notation").error(str(error)) from None
            if twin is not None:
                raise self.place.at("notation").error(f"the patterns give two quantities one name: {twin}")
            seen[parts(name)] = name
