"""A quiz and a seed in, a ``Sheet`` out: numbers drawn, lines filled, every answer certified.

``compose(quiz, seed)`` is the whole flow; a sheet's ``context(dialect)`` is what the templates get.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from derivgen import certify, givens, plan, spec
from derivgen.asks.draw_circuit import together
from derivgen.derivation import Value
from derivgen.draws import Draws, Question, digest
from derivgen.errors import CertificateError
from derivgen.evaluation import EvaluationError, Numbers, Real
from derivgen.exercise import updated
from derivgen.expression import Name, Partial, Tree, walk
from derivgen.figures.drawing import Drawing
from derivgen.figures.scene import Scene
from derivgen.graph import Node
from derivgen.linearity import Move, Verdict, judged
from derivgen.networks import build
from derivgen.plan import Plan
from derivgen.preparing import RELATIONS, PreparedChain, PreparedLink, entries_of
from derivgen.printing import BREAK
from derivgen.written import fill, named, places_apart, quantity_key, significant, write

MOST_STRUCTURES = 40  # tried where the literal numbers do not suit what was drawn


@dataclass(frozen=True)
class FilledLink:
    """A number link of one variant: its relation, its slots' texts, or None and the text of an answer of one number.

    ``unrounded`` is the exact value that a rounded answer stands for: its text, or its slots' texts. A line that reads
    just as what follows it is ``silent``: proved, but not printed a second time. ``kept`` is the label of the part that
    has the number of a line whose own rounded numbers lead to another one, and are not printed.
    """

    relation: str
    texts: Mapping[Tree, str] | None
    answer: str = ""
    unrounded: str | Mapping[Tree, str] = ""
    silent: bool = False
    kept: str | None = None


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
    givens: tuple[tuple[str | Partial, Real], ...]
    passes: tuple[Numbers, ...]  # the numbers before and, if a part asks for it, after a step of gradient descent
    filled: Mapping[PreparedChain, tuple[FilledLink, ...]]
    proofs: tuple[tuple[certify.Proof, ...], ...]
    introduce: bool = True
    scenes: Mapping[str, Scene] = field(default_factory=dict, repr=False)  # drawings with numbers, by their names
    verdicts: Mapping[Move, Verdict] = field(default_factory=dict, repr=False)  # what the numbers decide

    @property
    def numbers(self) -> Numbers:
        return self.passes[0]

    def kept(self, chains: Iterable[PreparedChain]) -> dict[str, list[PreparedChain]]:
        """The chains that keep a number without the line of numbers that leads to it, by the part that has it."""
        found: dict[str, list[PreparedChain]] = {}
        for chain in chains:
            for source in {link.kept for link in self.filled.get(chain, ()) if link.kept is not None}:
                found.setdefault(source, []).append(chain)
        return found

    def rows(self, chain: PreparedChain, dialect: str) -> list[Row]:
        """A chain's printed rows in a dialect, with this variant's numbers."""
        filled = iter(self.filled.get(chain, ()))
        relations, left = RELATIONS[dialect], chain.left[dialect]
        above = chain.above.get(dialect, ())
        rows = [Row("", r"\quad" if i else "", piece) for i, piece in enumerate(above)]
        left = "" if above else left
        for link in chain.links:
            if not link.numeric:
                relation, right, unrounded = link.relation, link.forms[dialect].text, ""
            else:
                number = next(filled)
                if number.silent:
                    continue
                relation, beside = number.relation, number.unrounded
                unrounded = beside if isinstance(beside, str) else link.forms[dialect].fill(beside)
                right = number.answer if number.texts is None else link.forms[dialect].fill(number.texts)
            first, *further = right.split(BREAK)
            rows.append(Row(left, relations[relation], first, unrounded))
            rows += [Row("", r"\quad", rest.strip()) for rest in further]
            left = ""
        if chain.on_one_line and not above:
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
    skeletons: dict[object, list[Any]] = field(default_factory=dict, compare=False, repr=False)  # the composer's
    texts: dict[str, list[str]] = field(default_factory=dict, compare=False, repr=False)  # its own, by dialect

    @cached_property
    def structure(self) -> tuple[object, ...]:
        """What decides its skeleton: plans, verdicts, which rows print a value beside the rounded one, or nothing."""
        marks = tuple(
            (bool(link.unrounded), link.silent, link.kept)
            for exercise in self.exercises
            for links in exercise.filled.values()
            for link in links
        )
        verdicts = tuple(verdict for exercise in self.exercises for verdict in exercise.verdicts.values())
        return (*(exercise.plan for exercise in self.exercises), marks, verdicts, bool(self.command))

    @property
    def points(self) -> Fraction:
        return sum((Fraction(p.points) for e in self.exercises for p in e.plan.parts), Fraction(0))


# --- composing ----------------------------------------------------------------------------------------------


class Composer:
    """Composes the variants of one quiz; keeps the plan of every structure it has met."""

    def __init__(self, quiz: spec.Quiz, secret: str = "") -> None:
        self.quiz, self.secret = quiz, secret
        self._plans: dict[int, _Branch | _Leaf] = {}
        self._skeletons: dict[object, list[Any]] = {}

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
        """The first structure and numbers of this seed that are fit."""
        for attempt in range(MOST_STRUCTURES):
            structure = draws.within("structure", *([str(attempt)] if attempt else []))
            made, entries = self._plan(exercise, number, structure)
            try:
                return givens.settle(
                    made, exercise, entries, draws, self.quiz.digits,
                    lambda numbers, made=made: certified(  # type: ignore[misc]
                        made, numbers, digits=self.quiz.digits, carry=self.quiz.carry, name=exercise.id or "",
                        number=number, title=exercise.title, introduce=exercise.introduce,
                    ),
                )  # fmt: skip
            except givens.UnfitError as error:
                last = error
                if not self._drawn(number):
                    break
        raise exercise.place.error(str(last))

    def _drawn(self, number: int) -> bool:
        """Whether an exercise's structure leaves anything to chance."""
        return isinstance(self._plans.get(number), _Branch)

    def _plan(self, exercise: spec.Exercise, number: int, draws: Draws) -> tuple[Plan, givens.Entries]:
        """The plan of the structure that these draws lead to, made when it is first met.

        What was asked of the draws on the way is kept as a tree of questions, so that the next seed finds its plan
        by its own answers.
        """
        here: _Branch | _Leaf | None = self._plans.get(number)
        while isinstance(here, _Branch):
            here = here.ways.get(draws.answer(here.question))
        if here is not None:
            return here
        traced, trace = draws.traced()
        network = build(exercise.network, traced, self.quiz.kinks)
        entries = givens.expanded(network, exercise)
        try:
            made = plan.make(
                network, exercise.asks, entries.known(network, exercise.random), number, traced,
                drop_repeats=bool(trace), wanted=exercise.picture,
            )
        except certify.UndefinedError as error:
            raise exercise.network.place.error(str(error)) from None
        self._plans[number] = _grown(self._plans.get(number), trace, (made, entries))
        return made, entries


_Leaf = tuple[Plan, givens.Entries]


@dataclass
class _Branch:
    """A question of the draws, and where each answer to it leads."""

    question: Question
    ways: dict[int, _Branch | _Leaf] = field(default_factory=dict)


def _grown(tree: _Branch | _Leaf | None, trace: list[tuple[Question, int]], leaf: _Leaf) -> _Branch | _Leaf:
    """The tree of questions with one more way through it."""
    if not trace:
        return leaf
    (question, answer), rest = trace[0], trace[1:]
    branch = tree if isinstance(tree, _Branch) else _Branch(question)
    assert branch.question == question, "a structure's questions depend on its answers only"
    branch.ways[answer] = _grown(branch.ways.get(answer), rest, leaf)
    return branch


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


# --- filling and proving -------------------------------------------------------------------------------------


def certified(
    made: Plan,
    given: dict[str | Partial, Real],
    *,
    digits: int = 4,
    carry: int | None = None,
    name: str = "",
    number: int = 1,
    title: str = "",
    introduce: bool = True,
) -> Exercise:
    """Fill every number line of a plan and prove it from its text."""
    numbers = Numbers(made.graph, given, taken=made.known.taken)
    carried = Numbers(made.graph, given, carry, made.known.taken) if carry is not None else None
    try:
        point = made.lines.point(given, made.known.taken) if given else None
    except certify.UnluckyError:
        for node in made.graph.nodes:  # a pole: the evaluation says which
            if numbers.keys() >= set(node.parents):
                numbers[node.name]
        raise EvaluationError("a value does not exist at these numbers") from None
    verdicts = {move: judged(move, numbers) for _, move in made.moves}
    stages = [_Stage(numbers, carried, point)]
    filled: dict[PreparedChain, tuple[FilledLink, ...]] = {}
    owners = {part.id.replace(".", "") for part in made.parts}
    scenes: dict[str, Scene] = {}

    def draw(drawings: Iterable[Drawing]) -> None:
        scenes.update({each.name: _scene(each, made, stages[0], given, digits) for each in drawings if each.keys})

    draw(each for each in made.drawings if each.owner not in owners)
    for part, chains in zip(made.parts, made.chains, strict=True):
        for chain in chains:
            if chain.numeric:
                while chain.stage >= len(stages):
                    stages.append(stages[-1].stepped(made))
                filled[chain] = _fill_chain(chain, made, digits, stages[chain.stage], part.id.partition(".")[2])
        # After its part's lines: rounded as by hand, a drawing has the numbers that they have printed.
        draw(each for each in made.drawings if each.owner == part.id.replace(".", ""))
    for part in made.parts:
        if carried is not None and carry is not None and givens.alike(part, carried, carry + 1):
            raise givens.AlikeError(f"the choices of part {part.id} must differ once every intermediate is rounded")
    proofs = []
    for part, symbolic in zip(made.parts, made.proofs, strict=True):
        own = []
        for _, right in part.answer.entries if part.answer else ():
            for tree in entries_of(made.graph, right.tree) if isinstance(right, Value) else ():
                assert isinstance(right, Value)
                stage = stages[right.stage]
                assert stage.point is not None
                error = made.lines.prove_value(significant(stage.numbers.value(tree)), tree, "≈", stage.point)
                own.append(certify.Proof("difference", 1, error))
        proofs.append(tuple(own) or symbolic)
    passes = tuple(stage.numbers for stage in stages)
    return Exercise(
        name, number, title, made, tuple(given.items()), passes, filled, tuple(proofs), introduce, scenes, verdicts
    )


def _scene(drawing: Drawing, made: Plan, stage: _Stage, given: Mapping[str | Partial, Real], digits: int) -> Scene:
    """A drawing with its numbers, in layers by the sheet's own certificates."""
    if stage.carried is not None:
        scene = _by_hand(drawing, made, stage.carried, stage.printed, given, digits)
    elif drawing.figure.kind == "circuit":
        scene = numbered(drawing, given, digits, made.known.taken)
    else:
        assert stage.point is not None
        scene = _proved(drawing, stage.numbers, made.lines, stage.point, digits)
    if scene.touching():
        raise EvaluationError("the numbers are too long for a drawing")
    return scene


def _by_hand(
    drawing: Drawing, made: Plan, carried: Numbers, printed: Mapping[Tree, str], given: Mapping[str | Partial, Real],
    digits: int,
) -> Scene:  # fmt: skip
    """A drawing with the rounded numbers of the lines beside it; an operation inside an equation is rounded once too.

    Each number that is neither given nor proved by its line is proved to follow from the others as they are printed.
    """
    graph, main = drawing.graph, made.graph
    inner = [key for key in drawing.keys if isinstance(key, str) and key not in main]
    whole = replace(main, nodes=(*main.nodes, *(Node(key, together(graph, key)) for key in inner)))
    own: dict[str | Partial, Real] = {key: carried.value(whole.node(key).tree) for key in inner}
    own |= {key: carried[key] for key in drawing.keys if (key if isinstance(key, str) else key.wrt) in main}
    numbers = Numbers(graph, {**carried, **own}, carried.carry, made.known.taken)
    texts: dict[str | Partial, str] = {}
    for key in drawing.keys:
        places = digits if key in given or carried.carry is None else carried.carry
        texts[key], _ = write(numbers[key], places)
        if key not in given and printed.get(Name(key) if isinstance(key, str) else key) != texts[key]:
            certify.rounded_once(whole if key in own else graph, numbers, key, texts[key], places)
    return drawing.scene(texts)


def numbered(
    drawing: Drawing, given: Mapping[str | Partial, Real], digits: int, taken: frozenset[str] = frozenset()
) -> Scene:
    """A circuit with its numbers, each proved from its text: it has more quantities than the equations."""
    if not drawing.keys:
        return drawing.plain
    numbers = Numbers(drawing.graph, given, taken=taken)
    return _proved(drawing, numbers, drawing.lines, drawing.lines.point(given, taken), digits)


def _proved(drawing: Drawing, numbers: Numbers, lines: certify.NumberLines, point: certify.Point, digits: int) -> Scene:
    texts: dict[str | Partial, str] = {}
    for key in drawing.keys:
        tree = Name(key) if isinstance(key, str) else key
        texts[key], exact = write(numbers.value(tree), digits)
        lines.prove_value(texts[key], tree, "=" if exact else "≈", point)
    return drawing.scene(texts)


@dataclass(frozen=True)
class _Stage:
    """The numbers of one pass through the network, and the certificates' own account of it."""

    numbers: Numbers
    carried: Numbers | None
    point: certify.Point | None
    printed: dict[Tree, str] = field(default_factory=dict)  # what lines have come to, rounded as by hand
    sources: dict[Tree, str] = field(default_factory=dict)  # in which part, by its label

    def stepped(self, made: Plan) -> _Stage:
        """The pass after one step of gradient descent, all weights from their old values."""
        network = made.network
        weights = (*network.weights, *network.biases)
        steps = {name: updated(network, network.loss, name, Partial(network.loss, name)) for name in weights}
        leaves = [name for name in made.graph.leaves if name in self.numbers]
        old = {name: self.numbers[name] for name in leaves}
        numbers = Numbers(made.graph, {**old, **{name: self.numbers.value(tree) for name, tree in steps.items()}})
        carried = self.carried
        if carried is not None:
            after = {name: carried.rounded(carried.value(tree)) for name, tree in steps.items()}
            carried = Numbers(made.graph, {**old, **after}, carried.carry)
        assert self.point is not None
        return _Stage(numbers, carried, self.point.stepped(network.loss, weights, network.step_size))


def _fill_chain(chain: PreparedChain, made: Plan, digits: int, stage: _Stage, label: str) -> tuple[FilledLink, ...]:
    """The number lines and the answer of one chain of the part with this label, all proved."""
    numbers, carried, point = stage.numbers, stage.carried, stage.point
    assert point is not None
    if chain.mixed:
        return (_fill_mixed(chain, chain.mixed, made, numbers, numbers if carried is None else carried, digits, point),)
    last = next(link for link in chain.links if link.value)
    assert last.value is not None
    true = [numbers.value(tree) for tree in last.entries]
    worked = numbers if carried is None else carried
    places = digits if carried is None or carried.carry is None else carried.carry
    if last.value.apart is not None:
        places, worked = _told_apart(last.value.tree, last.value.apart, numbers, worked, places)
    lines = [link for link in chain.links if link.filled]
    answers = true if carried is None else [worked.value(tree) for tree in (lines[-1] if lines else last).entries]
    quantities = tuple(dict.fromkeys(quantity for link in lines for quantity in link.quantities))
    filling = fill(
        [link.entries for link in lines], quantities, worked, answers, places, carried=carried is not None,
        kinks=made.graph.kinks, name=chain.left["plain"],
    )  # fmt: skip
    exact = filling.exact
    if carried is not None:  # a rounded value is exact as printed, but not what it stands for
        exact = frozenset(q for q in quantities if numbers[quantity_key(q)] == worked[quantity_key(q)])
    right = filling.answers_exact and answers == true
    ending = "=" if right and (not lines or exact.issuperset(lines[-1].quantities) or filling.reached) else "≈"
    shown = _Shown(last, filling.answers)
    printed = [*(link.forms["latex"].fill(filling.texts).replace(BREAK, "") for link in lines), shown.text("latex")]
    links: list[FilledLink] = []
    for i, link in enumerate(lines):
        own = "=" if exact.issuperset(link.quantities) else "≈"
        joined = own if i == 0 else "=" if filling.equal[i - 1] else "≈"
        joined = links[-1].relation if i and links[-1].silent else joined
        links.append(FilledLink(joined, filling.texts, silent=printed[i] == printed[i + 1]))
    last_relation = links[-1].relation if links and links[-1].silent else ending
    for dialect in ("latex", "plain"):
        before: tuple[Decimal, ...] = ()
        for i, link in enumerate(lines):
            before = made.lines.prove_line(
                link.forms[dialect].fill(filling.texts).replace(BREAK, ""), link.symbolic[dialect],
                shown.text(dialect), ("=" if exact.issuperset(link.quantities) else "≈", ending), point,
                latex=dialect == "latex", carried=carried, equal=before if i and links[i].relation == "=" else (),
            )  # fmt: skip
    if carried is None:
        links.append(FilledLink(last_relation, shown.slots, shown.single))
        made.lines.prove_value(shown.text("latex"), last.value.tree, ending, point, latex=True)
        return tuple(links)
    # Another formula rounds otherwise: then the number that has been printed stays, and its own is not shown.
    shown = _Shown(last, tuple(map(stage.printed.get, last.entries, filling.answers)))
    if shown.texts != filling.answers:
        source = next(stage.sources[tree] for tree in last.entries if tree in stage.printed)
        links, last_relation = [replace(link, silent=True, kept=source) for link in links], "≈"
    for tree, text in zip(last.entries, shown.texts, strict=True):
        if isinstance(tree, (Name, Partial)):  # what later lines use is what this one printed
            carried[quantity_key(tree)], stage.printed[tree] = Fraction(text), text
            stage.sources.setdefault(tree, label)
    written = [named(chain.left["plain"], value, max(digits, places) + 2) for value in true]
    unrounded = _Shown(last, tuple(text for text, _ in written))
    relation = "=" if all(exact for _, exact in written) else "≈"
    made.lines.prove_value(unrounded.text("latex"), last.value.tree, relation, point, latex=True)
    same = all(Fraction(a) == Fraction(b) for a, b in zip(unrounded.texts, shown.texts, strict=True))
    beside = "" if same else unrounded.slots or unrounded.single
    links.append(FilledLink(last_relation, shown.slots, shown.single, beside))
    return tuple(links)


def _told_apart(tree: Tree, other: Tree, numbers: Numbers, worked: Numbers, places: int) -> tuple[int, Numbers]:
    """The decimals that it takes to tell two changes apart, if they differ, and the numbers rounded to so many."""
    places = places_apart(numbers.value(tree), numbers.value(other), places)
    if worked.carry is None:
        return places, worked
    for quantity in (part for side in (tree, other) for part in walk(side) if isinstance(part, (Name, Partial))):
        worked[quantity_key(quantity)]  # rounded as the lines before have it
    unrounded = Numbers(worked.graph, worked, None, worked.taken)
    places = places_apart(unrounded.value(tree), unrounded.value(other), places)
    return places, Numbers(worked.graph, worked, places, worked.taken)


def _fill_mixed(
    chain: PreparedChain, link: PreparedLink, made: Plan, true: Numbers, numbers: Numbers, digits: int,
    point: certify.Point,
) -> FilledLink:  # fmt: skip
    """The line of numbers beside names, each number proved from its text; a rounded one is not what it stands for."""
    values = {quantity: numbers.value(quantity) for quantity in link.quantities}
    written = {quantity: named(chain.left["plain"], value, digits) for quantity, value in values.items()}
    exact = all(exact and values[quantity] == true.value(quantity) for quantity, (_, exact) in written.items())
    relation = "=" if exact else "≈"
    texts = {quantity: text for quantity, (text, _) in written.items()}
    assert link.filled is not None
    for dialect in ("latex", "plain"):
        certify.mixed(
            chain.graph, link.forms[dialect].fill(texts).replace(BREAK, ""), link.symbolic[dialect], link.filled.keep,
            point if numbers.carry is None else values, exact=relation == "=", latex=dialect == "latex",
        )  # fmt: skip
    return FilledLink(relation, texts)


@dataclass(frozen=True)
class _Shown:
    """An answer as it is printed: a single number's text, or the texts of a matrix's slots."""

    link: PreparedLink
    texts: tuple[str, ...]

    @property
    def slots(self) -> dict[Tree, str] | None:
        return dict(zip(self.link.quantities, self.texts, strict=True)) if self.link.forms else None

    @property
    def single(self) -> str:
        return "" if self.link.forms else self.texts[0]

    def text(self, dialect: str) -> str:
        return self.single if self.slots is None else self.link.forms[dialect].fill(self.slots)
