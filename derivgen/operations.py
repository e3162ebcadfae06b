"""The table of operations: one row each, in plain maths. Nothing enters; rows leave.

A row's ``value`` defines it by other rows; the ``PRIMITIVES`` have none, and are all that an interpretation of
trees (numbers, SymPy, residues, duals) must know. ``local`` gives the textbook local derivative with respect to
each argument in terms of the arguments, ``output_local`` in terms of the operation's own output ``a`` where
textbooks do so: σ' = a(1 − a). The tests prove every row against ``sympy.diff`` and a central difference.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One row. ``latex`` is the function's symbol; an empty one has a form of its own in ``printing.py``.

    ``written_out`` says that the row is printed as its value: ½(a − y)², not a call; ``primed``, that its local
    derivative is too long for a line's factor, and stands there as GELU'(z).
    """

    name: str
    arguments: tuple[str, ...]
    value: str
    local: tuple[str, ...]
    output_local: str
    latex: str
    spellings: tuple[str, ...]
    written_out: bool
    variadic: bool
    role: str  # "activation", "loss" or "": what a quiz may draw or bind it as
    primed: bool = False

    def __str__(self) -> str:
        return self.name


OPERATIONS: dict[str, Operation] = {}
SPELLINGS: dict[str, str] = {}


def operation(
    name: str,
    arguments: str,
    *,
    value: str = "",
    local: str | tuple[str, ...] = (),
    output_local: str = "",
    latex: str = "",
    spellings: str = "",
    written_out: bool = False,
    variadic: bool = False,
    role: str = "",
    primed: bool = False,
) -> None:
    """Add a row; refuses a name or a spelling that the table already has."""
    locals_ = (local,) if isinstance(local, str) else local
    row = Operation(
        name, tuple(arguments.split()), value, locals_, output_local, latex,
        (name, *spellings.split()), written_out, variadic, role, primed,
    )  # fmt: skip
    for spelling in row.spellings:
        if spelling in SPELLINGS:
            raise ValueError(f"{spelling!r} is already in the table")
    SPELLINGS.update(dict.fromkeys(row.spellings, name))
    OPERATIONS[name] = row


# Arithmetic: written with signs, not called by name.
operation("add", "x y", local=("1", "1"), variadic=True)
operation("subtract", "x y", local=("1", "-1"))
operation("multiply", "x y", local=("y", "x"), variadic=True)
operation("divide", "x y", local=("1/y", "-x/y^2"))
operation("negate", "x", local="-1")
operation("power", "x n", local=("n*x^(n-1)", "0"))  # n is an integer constant
operation("reciprocal", "x", local="-1/x^2")

# Functions.
operation("exp", "x", local="exp(x)", output_local="a", spellings="Exp")
operation("log", "x", local="1/x", latex=r"\ln", spellings="ln Log")
operation("sigmoid", "z", value="1/(1 + e^(-z))", local="sigmoid(z)*(1 - sigmoid(z))", output_local="a*(1 - a)",
          latex=r"\sigma", spellings="sigma logistic", role="activation")  # fmt: skip
operation("tanh", "z", value="(e^z - e^(-z))/(e^z + e^(-z))", local="1 - tanh(z)^2", output_local="1 - a^2",
          latex=r"\tanh", spellings="Tanh", role="activation")  # fmt: skip
operation("relu", "z", value="max(z, 0)", local="above(z, 0)", latex=r"\mathrm{ReLU}", spellings="ReLU RELU",
          role="activation")  # fmt: skip
operation("leaky_relu", "z", value="max(z, 0.01*z)", local="above(z, 0) + 0.01*below(z, 0)",
          latex=r"\mathrm{LReLU}", spellings="LReLU LeakyReLU leakyrelu", role="activation")  # fmt: skip
operation("softplus", "z", value="log(1 + e^z)", local="sigmoid(z)", latex=r"\mathrm{softplus}",
          spellings="Softplus", role="activation")  # fmt: skip
operation("swish", "z", value="z*sigmoid(z)", local="sigmoid(z) + z*sigmoid(z)*(1 - sigmoid(z))",
          latex=r"\mathrm{swish}", spellings="Swish silu SiLU", role="activation")  # fmt: skip
# With α = 1 both branches have the slope 1 at 0: the derivative has no jump there.
operation("elu", "z", value="above(z, 0)*z + below(z, 0)*(e^z - 1)", local="above(z, 0) + below(z, 0)*e^z",
          latex=r"\mathrm{ELU}", spellings="ELU", role="activation")  # fmt: skip
# The tanh form (Hendrycks & Gimpel 2016), √(2/π) to ten digits: z Φ(z) itself needs the error function.
operation("gelu", "z", value="1/2*z*(1 + tanh(0.7978845608*(z + 0.044715*z^3)))",
          local="1/2*(1 + tanh(0.7978845608*(z + 0.044715*z^3)))"
          " + 0.3989422804*z*(1 + 0.134145*z^2)*(1 - tanh(0.7978845608*(z + 0.044715*z^3))^2)",
          latex=r"\mathrm{GELU}", spellings="GELU", role="activation", primed=True)  # fmt: skip
operation("identity", "z", value="z", local="1", latex=r"\mathrm{id}", spellings="id linear", role="activation")
operation("abs", "x", value="max(x, -x)", local="sign(x)", spellings="Abs")
operation("floor", "x", local="0")  # the largest whole number that is not above x; at a jump the slope is 0 too
operation("max", "x y", local=("above(x, y)", "below(x, y)"), latex=r"\max", spellings="Max maximum")

# Losses, of the prediction a and the target y.
operation("squared_error", "a y", value="(a - y)^2", local=("2*(a - y)", "-2*(a - y)"), written_out=True,
          spellings="SE", role="loss")  # fmt: skip
operation("half_squared_error", "a y", value="1/2*(a - y)^2", local=("a - y", "-(a - y)"), written_out=True,
          role="loss")  # fmt: skip
operation("absolute_error", "a y", value="abs(a - y)", local=("sign(a - y)", "-sign(a - y)"),
          written_out=True, role="loss")  # fmt: skip
operation("binary_cross_entropy", "a y", value="-y*log(a) - (1 - y)*log(1 - a)",
          local=("(a - y)/(a*(1 - a))", "log(1 - a) - log(a)"), written_out=True, spellings="BCE bce",
          role="loss")  # fmt: skip

# What |x| goes by, and at a tie the branch that the quiz chose.
operation("sign", "x", value="above(x, 0) - below(x, 0)", local="0", latex=r"\mathrm{sign}", spellings="sgn")

# Indicators: the local derivatives of what has a kink. `above` is 1[x > y]; at a tie the quiz may ask for the
# right-hand branch instead of the left-hand one, and then RIGHT_HAND renames them, as
# printed and in a row's value.
operation("above", "x y", local=("0", "0"))
operation("below", "x y", local=("0", "0"))  # 1[x ≤ y]
operation("above_or_equal", "x y", local=("0", "0"))  # 1[x ≥ y]
operation("strictly_below", "x y", local=("0", "0"))  # 1[x < y]

INDICATORS = {"above": ">", "below": "<=", "above_or_equal": ">=", "strictly_below": "<"}
RIGHT_HAND = {"above": "above_or_equal", "below": "strictly_below"}
PRIMITIVES = tuple(row.name for row in OPERATIONS.values() if not row.value)
# What an activation can give, where that is not every number: the least and the largest, None where there is none.
RANGES: dict[str, tuple[int | None, int | None]] = {
    "relu": (0, None), "sigmoid": (0, 1), "tanh": (-1, 1), "softplus": (0, None), "elu": (-1, None),
}  # fmt: skip
KINKED = tuple(row.name for row in OPERATIONS.values() if any("above(" in f or "sign(" in f for f in row.local))
NAMED = ("exp", "reciprocal", "floor")  # called by name, though they have a form of their own in print
CALLABLE = tuple(row.name for row in OPERATIONS.values() if row.latex or row.value or row.name in NAMED)
