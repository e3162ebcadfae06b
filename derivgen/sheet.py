"""A quiz and a seed in, a ``Sheet`` out: numbers drawn, lines filled, every answer certified.

``compose(quiz, seed)`` is the whole flow; a sheet's ``context(dialect)`` is what the templates get.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derivgen import certify, givens, plan, spec
from derivgen.derivation import Value
from derivgen.draws import Draws, digest
from derivgen.errors import CertificateError, suggest
from derivgen.evaluation import EvaluationError, Numbers, Real
from derivgen.expression import Name, Partial, Tree
from derivgen.networks import build
from derivgen.plan import RELATIONS, Plan, PreparedChain
from derivgen.printing import BREAK
from derivgen.written import fill, quantity_key, significant, write

SATURATED = Fraction(1, 100)
LARGEST_DRAWN_VALUE = 1000


@dataclass(frozen=True)
class FilledLink:
    """A number link of one variant: its relation, its slots' texts (None: the answer itself) and the answer's text."""

    relation: str
    texts: Mapping[Tree, str] | None
    answer: str = ""
    unrounded: str = ""


@dataclass(frozen=True)
class Row:
    """One printed row of a chain; ``left`` is empty where the line before goes on."""

    left: str
    relation: str
    right: str
    unrounded: str = ""


@dataclass(frozen=True)
class Exercise:
    """One exercise of one variant."""

    id: str
    number: int
    title: str
    plan: Plan
    givens: tuple[tuple[str, Real], ...]
    numbers: Numbers
    filled: Mapping[PreparedChain, tuple[FilledLink, ...]]
    proofs: tuple[tuple[certify.Proof, ...], ...]

    def rows(self, chain: PreparedChain, dialect: str) -> list[Row]:
        """A chain's printed rows in a dialect, with this variant's numbers."""
        filled = iter(self.filled.get(chain, ()))
        relations, rows, left = RELATIONS[dialect], [], chain.left[dialect]
        for link in chain.links:
            if not link.numeric:
                relation, right, unrounded = link.relation, link.forms[dialect].text, ""
            else:
                number = next(filled)
                relation, unrounded = number.relation, number.unrounded
                right = number.answer if number.texts is None else link.forms[dialect].fill(number.texts)
            first, *further = right.split(BREAK)
            rows.append(Row(left, relations[relation], first, unrounded))
            rows += [Row("", r"\quad", rest.strip()) for rest in further]
            left = ""
        if chain.on_one_line:
            right = " ".join([rows[0].right, *(f"{row.relation} {row.right}" for row in rows[1:])])
            return [Row(rows[0].left, rows[0].relation, right, rows[-1].unrounded)]
        return rows


@dataclass(frozen=True)
class Sheet:
    """One variant of a quiz, certified. ``code`` stands on the questions, ``command`` on the solutions only."""

    quiz: spec.Quiz
    seed: str
    code: str
    command: str
    exercises: tuple[Exercise, ...]
    skeletons: dict[object, list[str]] = field(default_factory=dict, compare=False, repr=False)  # the composer's

    @property
    def points(self) -> Fraction:
        return sum((Fraction(p.points) for e in self.exercises for p in e.plan.parts), Fraction(0))


# --- composing ----------------------------------------------------------------------------------------------


class Composer:
    """Composes the variants of one quiz; keeps the plan of every structure it has met."""

    def __init__(self, quiz: spec.Quiz, secret: str = "") -> None:
        self.quiz, self.secret = quiz, secret
        self._plans: dict[object, Plan] = {}
        self._skeletons: dict[object, list[str]] = {}

    def compose(self, seed: str = "1", command: str = "") -> Sheet:
        """The sheet of one seed; ``QuizError`` for what the quiz cannot be, ``CertificateError`` for a wrong key."""
        quiz = self.quiz
        keys = _exercise_keys(quiz)
        draws = Draws(self.secret, quiz.name, seed)
        exercises = []
        for number, (exercise, key) in enumerate(zip(quiz.exercises, keys, strict=True), 1):
            try:
                exercises.append(self._exercise(exercise, number, draws.within(key)))
            except CertificateError as error:
                raise CertificateError(
                    f"{error} (exercise {number}; to reproduce: {command or f'seed {seed}'})"
                ) from None
        code = digest("code", self.secret, quiz.name, seed, *map(repr, keys))
        return Sheet(quiz, seed, code, command, tuple(exercises), self._skeletons)

    def _exercise(self, exercise: spec.Exercise, number: int, draws: Draws) -> Exercise:
        network = build(exercise.network, draws.within("structure"), self.quiz.kinks)
        asks = tuple(_drawn_bindings(ask, draws.within("structure")) for ask in exercise.asks)
        for name in exercise.givens:
            if name not in network.graph:
                known = [*network.graph.leaves, *(n.name for n in network.graph.nodes)]
                raise exercise.place.at("givens").error(suggest(name, known))
        numbered = frozenset(network.graph.leaves) if exercise.random else frozenset(exercise.givens)
        structure = (
            number,
            network.graph,
            tuple((a.name, repr(sorted(a.parameters.items())) if a.name == "bind" else "") for a in asks),
        )
        if structure not in self._plans:
            drawn = network.kind != "equations"
            try:
                self._plans[structure] = plan.make(network, asks, numbered, number, drop_repeats=drawn)
            except certify.UndefinedError as error:
                raise exercise.network.place.error(str(error)) from None
        made = self._plans[structure]
        return givens.settle(
            made, exercise, draws, self.quiz.digits,
            lambda given: certified(
                made, given, digits=self.quiz.digits, carry=self.quiz.carry, name=exercise.id or "", number=number,
                title=exercise.title,
            ),
        )  # fmt: skip


def compose(quiz: spec.Quiz, seed: str = "1", *, secret: str = "") -> Sheet:
    """One variant of a quiz, every answer certified."""
    return Composer(quiz, secret).compose(seed)


def _exercise_keys(quiz: spec.Quiz) -> list[str]:
    """What an exercise's draws are keyed by: its id, else its network and how often the quiz has had it before."""
    keys: list[str] = []
    for exercise in quiz.exercises:
        net = exercise.network
        key = exercise.id or digest(
            net.kind, net.equations, net.loss or "", repr(sorted(net.options.items())), *net.inputs, *net.weights,
            length=12,
        )  # fmt: skip
        keys.append(f"{key}/{sum(k.startswith(key + '/') for k in keys)}")
    return keys


def _drawn_bindings(ask: spec.Ask, draws: Draws) -> spec.Ask:
    if ask.name != "bind":
        return ask
    from dataclasses import replace

    from derivgen.networks import drawn

    return replace(ask, parameters={f: drawn(v, f"bind {f}", draws) for f, v in ask.parameters.items()})


# --- filling and proving -------------------------------------------------------------------------------------


def certified(
    made: Plan,
    given: dict[str, Real],
    *,
    digits: int = 4,
    carry: int | None = None,
    name: str = "",
    number: int = 1,
    title: str = "",
) -> Exercise:
    """Fill every number line of a plan and prove it from its text."""
    numbers = Numbers(made.graph, given)
    carried = Numbers(made.graph, given, carry) if carry is not None else None
    try:
        point = made.lines.point(given) if given else None
    except certify.UnluckyError:
        for node in made.graph.nodes:  # a pole: the evaluation says which
            if numbers.keys() >= set(node.parents):
                numbers[node.name]
        raise EvaluationError("a value does not exist at these numbers") from None
    filled: dict[PreparedChain, tuple[FilledLink, ...]] = {}
    for chains in made.chains:
        for chain in chains:
            if chain.numeric:
                assert point is not None
                filled[chain] = _fill_chain(chain, made, digits, numbers, carried, point)
    proofs = []
    for part, symbolic in zip(made.parts, made.proofs, strict=True):
        own = []
        for _, right in part.answer.entries if part.answer else ():
            if isinstance(right, Value):
                assert point is not None
                error = made.lines.prove_value(significant(numbers.value(right.tree)), right.tree, "≈", point)
                own.append(certify.Proof("difference", 1, error))
        proofs.append(tuple(own) or symbolic)
    return Exercise(name, number, title, made, tuple(given.items()), numbers, filled, tuple(proofs))


def _fill_chain(
    chain: PreparedChain, made: Plan, digits: int, numbers: Numbers, carried: Numbers | None, point: certify.Point
) -> tuple[FilledLink, ...]:
    """The number line and the answer of one chain, both proved."""
    tree = next(link.value.tree for link in chain.links if link.value)
    exact_answer = numbers.value(tree)
    worked = numbers if carried is None else carried
    places = digits if carried is None or carried.carry is None else carried.carry
    number_line = next((link for link in chain.links if link.filled), None)
    if number_line is None or number_line.filled is None:
        answer = worked.value(tree)
        shown, exact = write(answer, places)
        links = [FilledLink("=" if exact and answer == exact_answer else "≈", None, shown)]
    else:
        answer = exact_answer if carried is None else carried.value(number_line.filled.tree)
        texts, slots_exact, shown, shown_exact = fill(
            number_line.filled, number_line.quantities, worked, answer, places, carried is not None
        )
        if carried is not None:  # a rounded value is exact as printed, but not what it stands for
            slots_exact = all(numbers[quantity_key(q)] == worked[quantity_key(q)] for q in number_line.quantities)
        first = "=" if slots_exact else "≈"
        last = "=" if slots_exact and shown_exact and answer == exact_answer else "≈"
        symbolic = [link for link in chain.links if not link.numeric][-1]
        for dialect in ("latex", "plain"):
            made.lines.prove_line(
                number_line.forms[dialect].fill(texts).replace(BREAK, ""),
                symbolic.forms[dialect].text.replace(BREAK, ""), shown, (first, last), point,
                latex=dialect == "latex", carried=carried,
            )  # fmt: skip
        links = [FilledLink(first, texts), FilledLink(last, None, shown)]
    if carried is None:
        made.lines.prove_value(shown, tree, links[-1].relation, point)
        return tuple(links)
    if isinstance(tree, (Name, Partial)):  # what later lines use is what this one printed
        carried[quantity_key(tree)] = Fraction(shown)
    unrounded, exact = write(exact_answer, max(digits, places) + 2)
    made.lines.prove_value(unrounded, tree, "=" if exact else "≈", point)
    links[-1] = FilledLink(links[-1].relation, None, shown, "" if Fraction(unrounded) == Fraction(shown) else unrounded)
    return tuple(links)
