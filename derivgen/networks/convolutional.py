"""A stack of convolutions, poolings and dense layers: its layers in, the graph of its sizes out.

The equations of such a network are those of its shapes: n_2 = floor((n_1 + 2·1 − 1·(3 − 1) − 1)/2) + 1. They have no
leaves, so that every printed size is proved against the forward pass of this graph, as a value of any network is.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from derivgen import spec
from derivgen.draws import Draws
from derivgen.errors import QuizError, shown, suggest
from derivgen.expression import Name, Tree, apply, number, product
from derivgen.graph import Graph, Node
from derivgen.networks.network import Network, Unit, drawn, operation

KEYS = ("input", "layers")
# What each layer may say besides its own key, with the value if it says nothing (None: it must be said).
CHOICES: Mapping[str, Mapping[str, object]] = {
    "conv": {"kernel": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, "from": 0},
    "max_pool": {"stride": 0, "padding": 0, "dilation": 1},
    "average_pool": {"stride": 0, "padding": 0},
    "dense": {"bias": True, "from": 0},
    "residual": {"projection": ()},
}
WORDS = ("batch_norm", "flatten")  # layers that say nothing more
Own = dict[str, object]  # what a layer fixes of its unit
Said = Mapping[str, object]  # what a layer says in the quiz
WIDEST, SIDE, WINDOW, MOST, DEEPEST = 100_000, 4096, 512, 400, 3


def convolutional(network: spec.Network, draws: Draws, kinks: str) -> Network:
    """A convolutional network, or any stack of layers of which only shapes and counts are asked.

    ``input``: [channels, height, width], or [numbers]. ``layers``: ``{conv: channels, kernel, stride, padding,
    dilation, groups, bias}``, ``{max_pool: window, stride, padding, dilation}``, ``{average_pool: window}`` or
    ``{average_pool: global}``, ``{dense: units, bias}``, ``{residual: [layers], projection: [layers]}``,
    ``batch_norm``, ``flatten``, and activations. A pooling's stride is its window if it says none. ``from`` states
    what must come in. Every size is a number or ``{one_of: [...]}``. A layer without room, or that does not fit what
    comes in, is an error with its place.
    """
    options, place = network.options, network.place
    for key in options:
        if key not in KEYS:
            raise place.at(key).error(suggest(key, KEYS))
    for key in KEYS:
        if key not in options:
            raise place.error(f"{key!r} is missing")
    builder = _Builder(draws)
    shape = builder.input(options["input"], place.at("input"))
    _, after = builder.stack(options["layers"], place.at("layers"), "layers", 0, shape, 0)
    graph = Graph.made((), builder.nodes, kinks=kinks)
    return Network(
        graph, (), (), (), (), "alpha", "", "convolutional", units=tuple(builder.units), input_shape=shape,
        outputs=sizes(builder.rows, after, builder.square),
    )  # fmt: skip


def sizes(row: int, shape: tuple[int, ...], square: bool) -> tuple[str, ...]:
    """The names of a row's sizes: n_2 of a vector, or where all pictures are square; else H_2 and W_2."""
    return (f"n_{row}",) if len(shape) == 1 or square else (f"H_{row}", f"W_{row}")


def said(shape: tuple[int, ...]) -> str:
    """A shape in an error: 16 x 5 x 5."""
    return " x ".join(map(str, shape)) if len(shape) > 1 else f"a vector of {shape[0]}"


class _Builder:
    def __init__(self, draws: Draws) -> None:
        self.draws = draws
        self.units: list[Unit] = []
        self.nodes: list[Node] = []
        self.rows = 0
        self.square = True

    # --- options ------------------------------------------------------------------------------------------------

    def whole(self, value: object, name: str, place: spec.Place, low: int, high: int) -> int:
        value = drawn(value, name, self.draws)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise place.error(f"must be a whole number from {low} to {high}, not {shown(value)}")
        return value

    def truth(self, value: object, name: str, place: spec.Place) -> bool:
        value = drawn(value, name, self.draws)
        if not isinstance(value, bool):
            raise place.error(f"must be true or false, not {shown(value)}")
        return value

    def input(self, given: object, place: spec.Place) -> tuple[int, ...]:
        given = drawn(given, "input", self.draws)
        if not isinstance(given, tuple) or len(given) not in (1, 3):
            raise place.error(f"must be [channels, height, width], or [numbers] of a vector, not {shown(given)}")
        shape = tuple(
            self.whole(value, f"input {i}", place.at(i), 1, SIDE if i else WIDEST) for i, value in enumerate(given)
        )
        self.square = shape[1:2] == shape[2:]  # square windows keep a square one
        for name, side in zip(sizes(0, shape, self.square), shape[1:] or shape, strict=False):
            self.nodes.append(Node(name, number(side)))
        return shape

    # --- layers -------------------------------------------------------------------------------------------------

    def stack(
        self, given: object, place: spec.Place, name: str, row: int, shape: tuple[int, ...], inside: int,
        projection: bool = False,
    ) -> tuple[int, tuple[int, ...]]:  # fmt: skip
        """Layers one after the other from a row's output; returns the last row and what comes out of it."""
        if isinstance(given, Mapping):
            given = (given,)
        if not isinstance(given, tuple):
            raise place.error(f"must be a list of layers, not {shown(given)}")
        if not given:
            raise place.error("must not be empty: give it a layer")
        start = len(self.units)
        for i, layer in enumerate(given):
            where, called = place.at(i) if place.at(i) != place else place, f"{name}[{i}]"
            layer = drawn(layer, called, self.draws)
            kind, own = self.kind(layer, where)
            if kind == "residual":
                row, shape = self.residual(own, where, called, row, shape, inside)
                continue
            follows = len(self.units) > start and kind in ("batch_norm", "activation") and self.units[-1].row == row
            unit = getattr(self, "_" + kind)(own, where, called, shape)
            if not follows:
                self.rows += 1
            at = row if follows else self.rows
            unit = Unit(kind, at, row, shape, inside=inside, projection=projection, **unit)
            self.add(unit, where)
            row, shape = at, unit.after
        return row, shape

    def kind(self, layer: object, place: spec.Place) -> tuple[str, Mapping[str, object]]:
        """A layer's kind, and what it says."""
        if isinstance(layer, str) and layer in WORDS:
            return layer, {}
        if isinstance(layer, str):
            known = [*CHOICES, *WORDS]
            if layer in CHOICES:
                raise place.error(f"{layer!r} needs its size: write {{{layer}: ...}}")
            try:
                return "activation", {"activation": operation(layer, "activation", place, ("softmax",))}
            except QuizError:
                raise place.error(suggest(layer, [*known, "relu", "sigmoid", "tanh", "softmax"])) from None
        if not isinstance(layer, Mapping):
            raise place.error(f"must be a layer such as relu or {{conv: 16, kernel: 3}}, not {shown(layer)}")
        kinds = [key for key in layer if key in CHOICES]
        if len(kinds) != 1:
            first = next(iter(layer), "")
            problem = f"is {' and '.join(kinds)} at once" if kinds else suggest(str(first), [*CHOICES, *WORDS])
            raise place.error(problem)
        kind = kinds[0]
        for key in layer:
            if key != kind and key not in CHOICES[kind]:
                raise place.at(key).error(suggest(str(key), CHOICES[kind]))
        for key, usual in CHOICES[kind].items():
            if usual is None and key not in layer:
                raise place.error(f"a {kind} needs its {key}: {{{kind}: {layer[kind]}, {key}: 3}}")
        return kind, layer

    def add(self, unit: Unit, place: spec.Place) -> None:
        if len(self.units) >= MOST:
            raise place.error(f"more than {MOST} layers")
        self.units.append(unit)
        if unit.own_row:
            names = sizes(unit.row, unit.after, self.square)
            self.nodes += [Node(name, tree) for name, tree in zip(names, size_trees(unit, self.square), strict=True)]

    def picture(self, shape: tuple[int, ...], what: str, place: spec.Place) -> None:
        if len(shape) != 3:
            raise place.error(f"{what} needs channels x height x width, but {said(shape)} comes in")

    def incoming(self, own: Said, count: int, what: str, name: str, place: spec.Place) -> None:
        if "from" in own:
            stated = self.whole(own["from"], f"{name}.from", place.at("from"), 1, WIDEST)
            if stated != count:
                raise place.at("from").error(f"says that {stated} {what} come in, but {count} do")

    def window(
        self, own: Said, kernel: tuple[int, ...], usual: int, place: spec.Place, name: str,
        shape: tuple[int, ...], channels: int, what: str,
    ) -> Own:  # fmt: skip
        """How a window moves, and the shape that comes out of it."""

        def option(key: str, low: int, default: int) -> int:
            return self.whole(own.get(key, default), f"{name}.{key}", place.at(key), low, WINDOW)

        stride, padding, dilation = option("stride", 1, usual), option("padding", 0, 0), option("dilation", 1, 1)
        after = []
        for n, k in zip(shape[1:], kernel, strict=True):
            size = (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1
            if size < 1:
                raise place.error(
                    f"{what} has no room: floor(({n} + 2*{padding} - {dilation}*({k} - 1) - 1)/{stride}) + 1 = {size}, "
                    "which is less than 1"
                )
            after.append(size)
        return {
            "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "after": (channels, *after),
        }  # fmt: skip

    def _conv(self, own: Said, place: spec.Place, name: str, shape: tuple[int, ...]) -> Own:
        channels = self.whole(own["conv"], f"{name}.conv", place.at("conv"), 1, WIDEST)
        self.picture(shape, "a convolution", place)
        self.incoming(own, shape[0], "channels", name, place)
        k = self.whole(own["kernel"], f"{name}.kernel", place.at("kernel"), 1, WINDOW)
        groups = self.whole(own.get("groups", 1), f"{name}.groups", place.at("groups"), 1, WIDEST)
        for count, which in ((shape[0], "that come in"), (channels, "that go out")):
            if count % groups:
                raise place.at("groups").error(f"{groups} groups do not divide the {count} channels {which}")
        bias = self.truth(own.get("bias", True), f"{name}.bias", place.at("bias"))
        what = f"a convolution with kernel {k}"
        moved = self.window(own, (k, k), 1, place, name, shape, channels, what)
        return {**moved, "groups": groups, "bias": bias}

    def _pool(
        self, kind: str, own: Said, place: spec.Place, name: str, shape: tuple[int, ...]
    ) -> Own:
        given = drawn(own[kind], f"{name}.{kind}", self.draws)
        self.picture(shape, "pooling", place)
        if given == "global":
            for key in own:
                if key != kind:
                    raise place.at(key).error("does not go with global, which has one window")
            return self.window({}, shape[1:], 1, place, name, shape, shape[0], "pooling")
        k = self.whole(given, f"{name}.{kind}", place.at(kind), 1, WINDOW)
        moved = self.window(own, (k, k), k, place, name, shape, shape[0], f"pooling with window {k}")
        if 2 * int(str(moved["padding"])) > k:
            raise place.at("padding").error(f"{moved['padding']} is more than half of the window {k}")
        return moved

    def _max_pool(self, own: Said, *more: object) -> Own:
        return self._pool("max_pool", own, *more)  # type: ignore[arg-type]

    def _average_pool(self, own: Said, *more: object) -> Own:
        return self._pool("average_pool", own, *more)  # type: ignore[arg-type]

    def _batch_norm(self, own: object, place: object, name: str, shape: tuple[int, ...]) -> Own:
        return {"after": shape}

    def _activation(
        self, own: Said, place: object, name: str, shape: tuple[int, ...]
    ) -> Own:
        return {"after": shape, "activation": own["activation"]}

    def _flatten(self, own: object, place: spec.Place, name: str, shape: tuple[int, ...]) -> Own:
        self.picture(shape, "flatten", place)
        return {"after": (prod(shape),)}

    def _dense(self, own: Said, place: spec.Place, name: str, shape: tuple[int, ...]) -> Own:
        units = self.whole(own["dense"], f"{name}.dense", place.at("dense"), 1, WIDEST)
        if len(shape) != 1:
            raise place.error(f"a dense layer needs a vector, but {said(shape)} comes in: flatten it before")
        self.incoming(own, shape[0], "numbers", name, place)
        return {"after": (units,), "bias": self.truth(own.get("bias", True), f"{name}.bias", place.at("bias"))}

    def residual(
        self, own: Said, place: spec.Place, name: str, row: int, shape: tuple[int, ...], inside: int
    ) -> tuple[int, tuple[int, ...]]:
        """y = F(x) + x, or F(x) + P(x) with a projection P; F(x) must have the shape of what is added to it."""
        if inside >= DEEPEST:
            raise place.error(f"residual blocks nested more than {DEEPEST} deep")
        layers, skip = place.at("residual"), place.at("projection")
        main, after = self.stack(own["residual"], layers, f"{name}.residual", row, shape, inside + 1)
        other, added = row, shape
        if "projection" in own:
            other, added = self.stack(own["projection"], skip, f"{name}.projection", row, shape, inside + 1, True)
        if after != added:
            whose = "its projection gives" if "projection" in own else "its input is"
            hint = "" if "projection" in own else "; give it a projection"
            raise place.error(f"a residual block's layers give {said(after)}, but {whose} {said(added)}{hint}")
        self.rows += 1
        self.add(Unit("add", self.rows, main, after, after, second=other, inside=inside), place)
        return self.rows, after


def size_trees(unit: Unit, square: bool) -> tuple[Tree, ...]:
    """The equations of a row's sizes, in the names of the row that comes in and this layer's numbers.

    A window: floor((n + 2p − d(k − 1) − 1)/s) + 1 (Dumoulin & Visin 2016, with dilation); flatten: C·H·W.
    """
    sides = tuple(map(Name, sizes(unit.source, unit.before, square)))
    if unit.windowed:
        return tuple(window_tree(n, unit, k, dilated=True) for n, k in zip(sides, unit.kernel, strict=False))
    if unit.kind == "flatten":
        return (product([number(unit.before[0]), *sides, *(sides if square else ())]),)
    return (number(unit.after[0]),) if unit.kind == "dense" else sides


def window_tree(n: Tree, unit: Unit, kernel: int, *, dilated: bool) -> Tree:
    """floor((n + 2p − d(k − 1) − 1)/s) + 1; where nothing is dilated, floor((n + 2p − k)/s) + 1 says the same."""
    p, k, s = number(unit.padding), number(kernel), number(unit.stride)
    padded = [n, apply("multiply", number(2), p)]
    if dilated:
        reach = apply("multiply", number(unit.dilation), apply("subtract", k, number(1)))
        above = apply("add", *padded, apply("negate", reach), apply("negate", number(1)))
    else:
        above = apply("add", *padded, apply("negate", k))
    return apply("add", apply("floor", apply("divide", above, s)), number(1))
