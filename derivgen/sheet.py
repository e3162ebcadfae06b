"""A quiz and a seed in, a ``Sheet`` out: numbers drawn, lines filled, every answer certified.

``compose(quiz, seed)`` is the whole flow; a sheet's ``context(dialect)`` is what the templates get.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from markupsafe import Markup

from derivgen import __version__, certify, plan, spec
from derivgen.derivation import Value, local_derivatives
from derivgen.draws import MOST_ATTEMPTS, Draws, digest
from derivgen.errors import CertificateError, suggest
from derivgen.evaluation import EvaluationError, Numbers, Real
from derivgen.exercise import Part
from derivgen.expression import Apply, Name, Partial, Tree
from derivgen.networks import build
from derivgen.plan import RELATIONS, Plan, PreparedChain, Text
from derivgen.written import WritingError, fill, quantity_key, significant, write

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
                rows.append(Row(left, relations[link.relation], link.forms[dialect].text))
            else:
                number = next(filled)
                right = number.answer if number.texts is None else link.forms[dialect].fill(number.texts)
                rows.append(Row(left, relations[number.relation], right, number.unrounded))
            left = ""
        return rows


@dataclass(frozen=True)
class Sheet:
    """One variant of a quiz, certified. ``code`` stands on the questions, ``seed`` and ``command`` on the solutions only."""

    quiz: spec.Quiz
    seed: str
    code: str
    command: str
    exercises: tuple[Exercise, ...]
    contexts: dict[str, dict[str, object]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def points(self) -> Fraction:
        return sum((Fraction(p.points) for e in self.exercises for p in e.plan.parts), Fraction(0))

    def context(self, dialect: str) -> dict[str, object]:
        """Strings, integers, lists and dicts for the templates; mathematics as ``Markup`` of this dialect."""
        if dialect not in self.contexts:
            self.contexts[dialect] = _context(self, dialect)
        return self.contexts[dialect]


# --- composing ----------------------------------------------------------------------------------------------


class Composer:
    """Composes the variants of one quiz; keeps the plan of every structure it has met."""

    def __init__(self, quiz: spec.Quiz, secret: str = "") -> None:
        self.quiz, self.secret = quiz, secret
        self._plans: dict[object, Plan] = {}

    def compose(self, seed: str = "1", command: str = "") -> Sheet:
        """The sheet of one seed. Raises ``QuizError`` for what the quiz cannot be, ``CertificateError`` never in peace."""
        quiz = self.quiz
        keys = _exercise_keys(quiz)
        draws = Draws(self.secret, quiz.name, seed)
        exercises = []
        for number, (exercise, key) in enumerate(zip(quiz.exercises, keys, strict=True), 1):
            try:
                exercises.append(self._exercise(exercise, number, draws.within(key)))
            except CertificateError as error:
                raise CertificateError(f"{error} (exercise {number}; to reproduce: {command or f'seed {seed}'})") from None
        code = digest("code", self.secret, quiz.name, seed, *map(repr, keys))
        return Sheet(quiz, seed, code, command, tuple(exercises))

    def _exercise(self, exercise: spec.Exercise, number: int, draws: Draws) -> Exercise:
        network = build(exercise.network, draws.within("structure"), self.quiz.kinks)
        asks = tuple(_drawn_bindings(ask, draws.within("structure")) for ask in exercise.asks)
        for name in exercise.givens:
            if name not in network.graph:
                known = [*network.graph.leaves, *(n.name for n in network.graph.nodes)]
                raise exercise.place.at("givens").error(suggest(name, known))
        numbered = frozenset(network.graph.leaves) if exercise.random else frozenset(exercise.givens)
        structure = (number, network.graph, tuple((a.name, repr(sorted(a.parameters.items())) if a.name == "bind" else "") for a in asks))
        if structure not in self._plans:
            drawn = network.kind != "equations"
            self._plans[structure] = plan.make(network, asks, numbered, number, drop_repeats=drawn)
        made = self._plans[structure]
        return _filled(made, exercise, number, self.quiz, draws)


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


# --- numbers ------------------------------------------------------------------------------------------------


def _filled(made: Plan, exercise: spec.Exercise, number: int, quiz: spec.Quiz, draws: Draws) -> Exercise:
    needed = made.needed()
    literal, rules = _rules(made, exercise, needed)
    missing = sorted(needed - literal.keys() - rules.keys() - _above_cuts(made, exercise))
    if missing:
        raise exercise.place.error(f"{missing[0]} has no number: give it one under givens, or write random: true")
    rejected: dict[str, int] = {}
    for attempt in range(MOST_ATTEMPTS if rules else 1):
        given = dict(literal)
        for name, rule in rules.items():
            given[name] = _draw(rule, f"{name}#{attempt}", draws)
        try:
            numbers = Numbers(made.graph, given)
            if rules and (reason := _ugly(made, numbers, quiz.digits, rules)):
                rejected[reason] = rejected.get(reason, 0) + 1
                continue
            _check_inner(made, exercise, given)
            return certified(
                made, given, digits=quiz.digits, carry=quiz.carry, id=exercise.id or "", number=number,
                title=exercise.title,
            )  # fmt: skip
        except (EvaluationError, WritingError) as error:
            if not rules:
                raise exercise.place.error(str(error)) from None
            rejected[str(error)] = rejected.get(str(error), 0) + 1
    worst = max(rejected, key=lambda reason: rejected[reason])
    raise exercise.place.error(f"no numbers found in {MOST_ATTEMPTS} draws; most often: {worst}")


def _above_cuts(made: Plan, exercise: spec.Exercise) -> frozenset[str]:
    """What lies only above a value given inside the graph need not be known."""
    cuts = [name for name in exercise.givens if not made.graph.is_leaf(name)]
    return frozenset(name for cut in cuts for name in made.graph.ancestors(cut))


def _check_inner(made: Plan, exercise: spec.Exercise, given: Mapping[str, Real]) -> None:
    """A given inner value must agree with the other givens, unless the quiz says ``take``."""
    for name, given_value in exercise.givens.items():
        if made.graph.is_leaf(name) or isinstance(given_value, spec.Take):
            continue
        try:
            value = Numbers(made.graph, {n: v for n, v in given.items() if n != name})[name]
        except EvaluationError:
            continue
        if value != given[name]:
            place = exercise.place.at("givens").at(name)
            raise place.error(f"the other givens make {name} {write(value, 6)[0]}; to use another value, write {{take: ...}}")


Rule = spec.Draw


def _rules(made: Plan, exercise: spec.Exercise, needed: frozenset[str]) -> tuple[dict[str, Real], dict[str, Rule]]:
    literal: dict[str, Real] = {}
    rules: dict[str, Rule] = {}
    for name, given in exercise.givens.items():
        if isinstance(given, spec.Draw):
            rules[name] = given
        else:
            literal[name] = given.value
    if exercise.random:
        for name in made.graph.leaves:
            if name in needed and name not in literal and name not in rules:
                rules[name] = _default_rule(made, name)
    return literal, rules


def _default_rule(made: Plan, name: str) -> Rule:
    """What ``random: true`` draws: a class for a probability, tenths for a step size, else tenths from −2 to 2."""
    network = made.network
    if name == network.step_size:
        return Rule("choice", choices=(Fraction(1, 10), Fraction(1, 5), Fraction(1, 2)))
    if name in network.targets:
        resolved = [made.graph.resolved(node.tree) for node in made.graph.nodes if name in node.parents or name == node.name]
        feeds = [p for node in made.graph.nodes if name in node.parents for p in node.parents if p != name]
        outputs = [made.graph.resolved(made.graph.node(p).tree) for p in feeds if not made.graph.is_leaf(p)]
        if any(isinstance(t, Apply) and t.operation in ("sigmoid", "binary_cross_entropy") for t in (*outputs, *resolved)):
            return Rule("choice", choices=(Fraction(0), Fraction(1)))
        return Rule("integer", low=Fraction(-3), high=Fraction(3))
    return Rule("decimal", low=Fraction(-2), high=Fraction(2), places=1, nonzero=True)


def _draw(rule: Rule, name: str, draws: Draws) -> Fraction:
    if rule.kind == "choice":
        return draws.choice(name, rule.choices)
    places = 0 if rule.kind == "integer" else rule.places
    return draws.decimal(name, rule.low, rule.high, places, nonzero=rule.nonzero)


def _ugly(made: Plan, numbers: Numbers, digits: int, drawn: Mapping[str, Rule]) -> str:
    """Why these drawn numbers make no good exercise, or an empty string."""
    graph = made.graph
    values = [(part, tree) for part in made.parts for tree in _answers(part)]
    used = {name for _, tree in values for name in _quantities(graph, tree)}
    for node in graph.nodes:
        if node.name not in used:
            continue
        value = numbers[node.name]
        if value == 0:
            return f"{node.name} must not be zero"
        if abs(value) > LARGEST_DRAWN_VALUE:
            return f"{node.name} must not be larger than {LARGEST_DRAWN_VALUE}"
        resolved = graph.resolved(node.tree)
        operation = resolved.operation if isinstance(resolved, Apply) else ""
        if operation in ("sigmoid", "tanh", "relu", "leaky_relu"):
            for parent in local_derivatives(graph, node.name):
                slope = abs(numbers.local(node.name, parent))
                if slope == 0:
                    return f"{node.name} must not be a dead ReLU"
                if operation in ("sigmoid", "tanh") and slope < SATURATED:
                    return f"{node.name} must not be saturated"
    seen: dict[str, tuple[Tree, str]] = {}
    for part, tree in values:
        if part.ask in ("forward_values",):
            continue
        value = numbers.value(tree)
        if value == 0:
            return f"the answer of part {part.id} must not be zero"
        if abs(value) < Fraction(1, 2 * 10**digits):
            return f"the answer of part {part.id} must not print as zero"
        text = write(value, digits)[0]
        before = seen.setdefault(text, (tree, part.id))
        if before[0] != tree:
            return f"parts {before[1]} and {part.id} must not have the same answer"
    return ""


def _answers(part: Part) -> Iterator[Tree]:
    for _, right in part.answer.entries if part.answer else ():
        if isinstance(right, Value):
            yield right.tree


def _quantities(graph: object, tree: Tree) -> Iterator[str]:
    from derivgen.expression import walk
    from derivgen.graph import Graph

    assert isinstance(graph, Graph)
    for piece in walk(tree):
        if isinstance(piece, Name) and piece.name in graph:
            yield from graph.ancestors(piece.name)
        elif isinstance(piece, Partial):
            yield from graph.ancestors(piece.of)


def certified(
    made: Plan,
    given: dict[str, Real],
    *,
    digits: int = 4,
    carry: int | None = None,
    id: str = "",
    number: int = 1,
    title: str = "",
) -> Exercise:
    """Fill every number line of a plan and prove it from its text."""
    numbers = Numbers(made.graph, given)
    carried = Numbers(made.graph, given, carry) if carry is not None else None
    point = made.lines.point({name: value for name, value in given.items()}) if given else None
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
    return Exercise(id, number, title, made, tuple(given.items()), numbers, filled, tuple(proofs))


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
        texts, slots_exact, shown, shown_exact = fill(number_line.filled, number_line.quantities, worked, answer, places, carried is not None)
        if carried is not None:  # a rounded value is exact as printed, but not what it stands for
            slots_exact = all(numbers[quantity_key(q)] == worked[quantity_key(q)] for q in number_line.quantities)
        first = "=" if slots_exact else "≈"
        last = "=" if slots_exact and shown_exact and answer == exact_answer else "≈"
        symbolic = [link for link in chain.links if not link.numeric][-1]
        for dialect in ("latex", "plain"):
            made.lines.prove_line(
                number_line.forms[dialect].fill(texts), symbolic.forms[dialect].text, shown, (first, last), point,
                latex=dialect == "latex", carried=carried,
            )  # fmt: skip
        links = [FilledLink(first, texts), FilledLink(last, None, shown)]
    if carried is None:
        made.lines.prove_value(shown, tree, links[-1].relation, point)
        return tuple(links)
    unrounded, exact = write(exact_answer, max(digits, places) + 2)
    made.lines.prove_value(unrounded, tree, "=" if exact else "≈", point)
    links[-1] = FilledLink(links[-1].relation, None, shown, "" if Fraction(unrounded) == Fraction(shown) else unrounded)
    return tuple(links)


# --- what templates get -------------------------------------------------------------------------------------


def _context(sheet: Sheet, dialect: str) -> dict[str, object]:
    quiz = sheet.quiz
    return {
        "title": quiz.title, "course": quiz.course, "date": quiz.date, "instructions": quiz.instructions,
        "paper": quiz.paper, "name_line": quiz.name_line, "carry": -1 if quiz.carry is None else quiz.carry,
        "code": sheet.code, "seed": sheet.seed, "command": sheet.command, "version": __version__,
        "points": points_text(sheet.points), "digits": quiz.digits,
        "exercises": [_exercise_context(exercise, dialect) for exercise in sheet.exercises],
    }  # fmt: skip


def points_text(points: Fraction | int) -> str:
    return write(Fraction(points), 2)[0]


def _exercise_context(exercise: Exercise, dialect: str) -> dict[str, object]:
    made = exercise.plan
    render = _Rendering(exercise, dialect)
    scope = made.graph.scope
    from derivgen.printing import printed

    givens = [
        Markup(f"{printed(Name(name), scope, dialect).text} = {write(value, 12)[0]}")
        for name, value in exercise.givens
    ]
    return {
        "number": exercise.number, "title": exercise.title, "stem": render.fact(made.stem), "kind": made.network.kind,
        "givens": givens, "points": points_text(sum((Fraction(p.points) for p in made.parts), Fraction(0))),
        "parts": [
            {
                "ask": part.ask, "id": part.id, "label": part.id.partition(".")[2], "space": part.space,
                "points": points_text(part.points), "hint": part.hint,
                "directives": [render.fact(d) for d in part.directives], "facts": render.fact(facts),
            }
            for part, facts in zip(made.parts, made.prepared, strict=True)
        ],
        "trailing": [render.fact(d) for d in made.trailing],
    }  # fmt: skip


class _Rendering:
    """Turns prepared facts into what a template of one dialect gets."""

    def __init__(self, exercise: Exercise, dialect: str) -> None:
        self.exercise, self.dialect = exercise, dialect

    def fact(self, fact: object) -> object:
        if isinstance(fact, Text):
            return Markup(fact.forms[self.dialect])
        if isinstance(fact, PreparedChain):
            return self.chain(fact)
        if isinstance(fact, Mapping):
            return {key: self.fact(inner) for key, inner in fact.items()}
        if isinstance(fact, (list, tuple)):
            return [self.fact(inner) for inner in fact]
        return fact

    def chain(self, chain: PreparedChain) -> dict[str, object]:
        rows = self.exercise.rows(chain, self.dialect)
        return {"rows": [{name: Markup(getattr(row, name)) for name in _ROW} for row in rows]}


_ROW = ("left", "relation", "right", "unrounded")
