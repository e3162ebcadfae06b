"""The question turned around: which kernel, stride, padding, dilation or hidden size leads to a known size or count."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from derivgen.derivation import Chain, chain
from derivgen.draws import Draws
from derivgen.errors import CertificateError, shown, suggest
from derivgen.exercise import Answer, AskError, On, Part, State, allow
from derivgen.expression import Name, Tree, apply, number, total
from derivgen.graph import Graph, Node
from derivgen.networks import Unit
from derivgen.networks.convolutional import window_tree
from derivgen.stacks import with_commas

LETTERS = {"kernel": "k", "stride": "s", "padding": "p", "dilation": "d"}
CHOICES = {"kernel": (1, 3, 5, 7), "stride": (1, 2, 3, 4), "padding": (0, 1, 2, 3), "dilation": (1, 2, 3)}
INPUTS, KERNELS, STRIDES, PADDINGS = (24, 28, 32, 48, 56, 64, 96, 112, 128, 224), (3, 5, 7), (1, 2), (0, 1, 2)
ENDS, HIDDEN, OUTPUTS = (8, 16, 20, 30, 64, 784), (32, 48, 64, 100, 128, 256, 512, 1024), (1, 2, 5, 10)
ATTEMPTS = 200
LARGEST, WIDEST = 4096, 100_000


def find_layer(state: State, parameters: Mapping[str, object], draws: Draws) -> tuple[State, Part]:
    """``find: kernel``, ``stride``, ``padding`` or ``dilation`` of a convolution from ``input`` to ``output`` entries.

    The others of them are known, and so are the ``choices``, of which exactly one must lead to that output. ``find:
    units`` is the hidden size h of a dense network with ``sizes: [30, h, 512, 1]`` that has ``total`` parameters
    (``biases``: true). What is left out is drawn, so that there is one answer; the question says all of it itself.
    """
    wanted = parameters.get("find", "kernel")
    if wanted == "units":
        return state, _units(parameters, draws)
    if wanted not in LETTERS:
        raise AskError(suggest(str(wanted), [*LETTERS, "units"]), "find")
    return state, _window(str(wanted), parameters, draws)


# --- a window -----------------------------------------------------------------------------------------------


def _window(find: str, parameters: Mapping[str, object], draws: Draws) -> Part:
    known = [key for key in LETTERS if key != find]
    if find in parameters:
        raise AskError(f"is what the question asks for: leave it out, or find something else than the {find}", find)
    allow(parameters, "find", "choices", "input", "output", *known)
    given = {key: _whole(parameters[key], key, key) for key in ("input", "output", *known) if key in parameters}
    choices = _choices(parameters.get("choices", CHOICES[find]), find)
    right, numbers = (
        (_only(find, choices, _known(given, draws, ""), given["output"]), _known(given, draws, ""))
        if "output" in given else _drawn(find, choices, given, draws)
    )  # fmt: skip
    output = _size({**numbers, find: right})
    if [choice for choice in choices if _places({**numbers, find: choice}) == output] != [right]:
        raise CertificateError(f"{find} {right} is not the only one that leads from {numbers['input']} to {output}")
    dilated = find == "dilation" or numbers["dilation"] > 1
    lines = tuple(_line({**numbers, find: choice}, dilated) for choice in choices)
    answer = Graph.made((), [Node(LETTERS[find], number(right))])
    facts = {
        "find": find, "letter": Name(LETTERS[find]), "choices": choices, "right": right, "output": output,
        "known": {**numbers, find: 0}, "lines": lines,
    }  # fmt: skip
    said = {"find": find, "input": str(numbers["input"]), "output": str(output)}
    said |= {key: str(numbers[key]) for key in known}
    return Part(
        "find_layer", said, Answer("number", ((Name(LETTERS[find]), number(right)),), graph=answer), facts
    )


def _whole(value: object, key: str, parameter: str, most: int = LARGEST) -> int:
    low = 0 if key == "padding" else 1
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= most:
        raise AskError(f"must be a whole number from {low} to {most}, not {shown(value)}", parameter)
    return value


def _choices(given: object, find: str) -> tuple[int, ...]:
    if not isinstance(given, (tuple, list)) or not 2 <= len(given) <= 8:
        raise AskError("must list 2 to 8 numbers to choose from", "choices")
    found = tuple(_whole(value, find, "choices") for value in given)
    if len(set(found)) < len(found):
        raise AskError("must not hold a number twice", "choices")
    return found


def _known(given: Mapping[str, int], draws: Draws, attempt: str) -> dict[str, int]:
    """What the question tells, drawn where the quiz does not say it."""
    return {
        "input": given.get("input") or draws.choice(f"input{attempt}", INPUTS),
        "kernel": given.get("kernel") or draws.choice(f"kernel{attempt}", KERNELS),
        "stride": given.get("stride") or draws.choice(f"stride{attempt}", STRIDES),
        "padding": given["padding"] if "padding" in given else draws.choice(f"padding{attempt}", PADDINGS),
        "dilation": given.get("dilation") or 1,
    }


def _drawn(
    find: str, choices: Sequence[int], given: Mapping[str, int], draws: Draws
) -> tuple[int, dict[str, int]]:
    """A question with one answer: sizes are drawn until no other choice leads to the same output."""
    for attempt in range(ATTEMPTS):
        numbers, right = _known(given, draws, f"/{attempt}"), draws.choice(f"right/{attempt}", choices)
        sizes = [_size({**numbers, find: choice}) for choice in choices]
        if sizes.count(_size({**numbers, find: right})) == 1 and min(sizes) >= 1:
            return right, numbers
    raise AskError(f"with these numbers no {find} leads to an output that no other choice leads to, too", "choices")


def _only(find: str, choices: Sequence[int], numbers: Mapping[str, int], output: int) -> int:
    """The one choice that leads to the output."""
    found = [choice for choice in choices if _size({**numbers, find: choice}) == output]
    said = ", ".join(f"{key} {numbers[key]}" for key in ("input", *LETTERS) if key != find)
    if not found:
        raise AskError(f"no {find} of {', '.join(map(str, choices))} gives {output} ({said})", "output")
    if len(found) > 1:
        twins = " and ".join(map(str, found))
        raise AskError(f"{find} {twins} all give {output} ({said}): leave one choice", "choices")
    return found[0]


def _size(numbers: Mapping[str, int]) -> int:
    reach = numbers["dilation"] * (numbers["kernel"] - 1) + 1
    return (numbers["input"] + 2 * numbers["padding"] - reach) // numbers["stride"] + 1


def _places(numbers: Mapping[str, int]) -> int:
    """The same size counted one by one: where a window that moves by the stride still ends inside."""
    end, count = numbers["dilation"] * (numbers["kernel"] - 1), 0
    while end < numbers["input"] + 2 * numbers["padding"]:
        end, count = end + numbers["stride"], count + 1
    return count


def _line(numbers: Mapping[str, int], dilated: bool) -> Chain:
    k = numbers["kernel"]
    unit = Unit("conv", 1, 0, (), (), (k, k), numbers["stride"], numbers["padding"], numbers["dilation"])
    return chain(window_tree(number(numbers["input"]), unit, k, dilated=dilated), number(_size(numbers)))


# --- a hidden size ------------------------------------------------------------------------------------------


def _units(parameters: Mapping[str, object], draws: Draws) -> Part:
    allow(parameters, "find", "sizes", "total", "biases")
    biases = parameters.get("biases", True)
    if not isinstance(biases, bool):
        raise AskError("must be true or false", "biases")
    sizes = _sizes(parameters.get("sizes"), draws)
    at = sizes.index(0)
    slope = sizes[at - 1] + sizes[at + 1] + biases
    rest = sum(a * b for a, b in itertools.pairwise(sizes)) + biases * sum(sizes[1:])
    if "total" in parameters:
        count = _whole(parameters["total"], "total", "total", 10**12)
        if count <= rest or (count - rest) % slope:
            raise AskError(f"no hidden size gives {count} parameters: they are {slope} h + {rest}", "total")
    else:
        count = slope * draws.choice("hidden", HIDDEN) + rest
    right = (count - rest) // slope
    if right > WIDEST:
        raise AskError(f"a hidden size of {right} is too large", "total")
    whole = [right if i == at else size for i, size in enumerate(sizes)]
    if _edges(whole, biases) != count:
        raise CertificateError(f"a network {whole} has {_edges(whole, biases)} parameters, not {count}")
    written = [Name("h") if i == at else number(size) for i, size in enumerate(sizes)]
    terms: list[Tree] = []
    for a, b in itertools.pairwise(written):
        terms += [apply("multiply", a, b), *([b] if biases else [])]
    graph = Graph.of(f"N = {' + '.join(_texts(sizes, at, biases))}", ["h"])
    collected: Tree = apply("multiply", number(slope), Name("h"))
    collected = apply("add", collected, number(rest)) if rest else collected
    found = Graph.made((), [Node("h", number(right))])
    above: Tree = apply("subtract", number(count), number(rest)) if rest else number(count)
    facts = {
        "find": "units", "sizes": tuple(sizes), "at": at, "biases": biases, "total": with_commas(count),
        "right": right, "hidden": len(sizes) - 2, "letter": Name("h"),
        "sum": On(graph, {"line": chain(Name("N"), total(terms), collected)}),
        "solved": On(found, {"line": chain(Name("h"), apply("divide", above, number(slope)), number(right))}),
    }  # fmt: skip
    said = {"find": "units", "sizes": "-".join(str(size or "h") for size in sizes), "total": str(count)}
    said |= {"biases": str(biases).lower()}
    return Part("find_layer", said, Answer("number", ((Name("h"), number(right)),), graph=found), facts)


def _sizes(given: object, draws: Draws) -> list[int]:
    """The sizes of the layers, 0 for the one that is asked for."""
    if given is None:
        return [draws.choice("inputs", ENDS), 0, draws.choice("next", HIDDEN), draws.choice("outputs", OUTPUTS)]
    if not isinstance(given, (tuple, list)) or not 3 <= len(given) <= 8:
        raise AskError("must list 3 to 8 layers, one of them h, such as [30, h, 512, 1]", "sizes")
    sizes = [0 if size == "h" else _whole(size, "sizes", "sizes", WIDEST) for size in given]
    if sizes.count(0) != 1 or not all((sizes[0], sizes[-1])):
        raise AskError("must hold one hidden layer called h, such as [30, h, 512, 1]", "sizes")
    return sizes


def _edges(sizes: Sequence[int], biases: bool) -> int:
    """The parameters again, unit by unit: each has a weight for every unit before it, and a bias."""
    return sum(before + biases for before, here in itertools.pairwise(sizes) for _ in range(here))


def _texts(sizes: Sequence[int], at: int, biases: bool) -> list[str]:
    """The terms as an equation's text, which the printed sum is certified against."""
    names = ["h" if i == at else str(size) for i, size in enumerate(sizes)]
    return [f"{a}*{b}" for a, b in itertools.pairwise(names)] + (names[1:] if biases else [])
