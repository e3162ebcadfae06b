"""Sheets in, files out: one folder per variant that appears whole or not at all, and what a class needs beside them."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from itertools import product
from pathlib import Path

from derivgen import __version__
from derivgen.certify import Proof
from derivgen.context import points_text
from derivgen.derivation import Value
from derivgen.errors import DerivgenError
from derivgen.exercise import Part
from derivgen.expression import Number, Tree
from derivgen.formats import format_of, formats
from derivgen.pictures import FOLDERS, is_ours, words
from derivgen.printing import latex, plain
from derivgen.proofs.printing import printed as formula
from derivgen.sheet import Exercise, Sheet
from derivgen.written import places_apart, significant, write

SCHEMA = 1
KINDS = ("questions", "solutions")
INDEX, INDEX_HEAD = "index.csv", ("name", "seed", "code")
# Names that a system keeps for itself, or that stand beside the variants' folders.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))})
_BESIDE = frozenset({INDEX, *(f"all-{kind}.pdf" for kind in KINDS)})


class OutputError(DerivgenError):
    """A folder that cannot be written."""


def slug(text: str, longest: int = 40) -> str:
    """A file name for any text: itself if it is plain, else a readable part and a digest of the whole."""
    whole = re.fullmatch(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{longest - 1}}}", text) is not None
    taken = text.split(".")[0].lower() in _DEVICES or text.lower() in _BESIDE
    if whole and not taken and not text.endswith("."):
        return text
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", ascii_text).strip("-").lower()[: longest - 9].strip("-")
    mark = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}-{mark}" if readable else mark


# --- the key ------------------------------------------------------------------------------------------------


def key(sheet: Sheet) -> str:
    """``key.json``, schema 1."""
    data = {
        "schema": SCHEMA, "quiz": sheet.quiz.name, "title": sheet.quiz.title, "seed": sheet.seed, "code": sheet.code,
        "derivgen": __version__, "exercises": [_exercise(exercise, sheet.quiz.digits) for exercise in sheet.exercises],
    }  # fmt: skip
    return _lines(data) + "\n"


def _lines(data: dict[str, object]) -> str:
    """JSON with one line per part: quick to write (an indent would leave Python's C encoder) and fit to read."""
    text = _ENCODER.encode(data)
    return text.replace('"exercises": [', '"exercises": [\n').replace('{"id": "', '\n{"id": "')


_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _exercise(exercise: Exercise, digits: int) -> dict[str, object]:
    return {
        "id": exercise.id or str(exercise.number),
        "givens": {
            name if isinstance(name, str) else f"d{name.of}/d{name.wrt}": _exact(value)
            for name, value in exercise.givens
        },
        "parts": [
            _part(exercise, part, proofs, digits)
            for part, proofs in zip(exercise.plan.parts, exercise.proofs, strict=True)
        ],
    }


def _part(exercise: Exercise, part: Part, proofs: Iterable[Proof], digits: int) -> dict[str, object]:
    assert part.answer is not None
    scope = exercise.plan.graph.scope
    entries = [
        {"name": plain(left, scope) + _primes(right), **_entry(exercise, right, digits)}
        for left, right in part.answer.entries
    ]
    answer: dict[str, object] = {"type": part.answer.type}
    if part.answer.type == "drawing":
        drawing = next(d for d in exercise.plan.drawings if d.name == part.id.replace(".", ""))
        answer["text"] = words(drawing.facts(drawing.plain))
    if part.answer.theorem:
        claim, straight = part.answer.theorem.claim, part.answer.theorem.straight
        answer |= {form: formula(claim, form, straight=straight) for form in ("latex", "plain")}
    if part.answer.type == "values":
        answer["values"] = entries
    elif entries:
        answer.update({k: v for k, v in entries[0].items() if k != "name"})
    choices: dict[str, object] = {}
    if part.answer.choices:
        answer["correct"] = list(part.answer.correct)
        choices["choices"] = [
            choice if isinstance(choice, str) else _entry(exercise, choice, digits)["latex"]
            for choice in part.answer.choices
        ]
    routes: dict[str, dict[str, object]] = {}
    for proof in proofs:
        row = routes.setdefault(proof.route, {"route": proof.route, "points": 0, "error": "0"})
        row["points"] = int(str(row["points"])) + proof.points
        row["error"] = max(str(row["error"]), proof.error, key=float)
    return {
        "id": part.id, "ask": part.ask, **({"parameters": dict(part.parameters)} if part.parameters else {}),
        "points": points_text(part.points), **choices, "answer": answer, "certified": list(routes.values()),
    }  # fmt: skip


def _primes(right: Tree | Value) -> str:
    """A prime for each step of gradient descent that a value has behind it."""
    return "'" * right.stage if isinstance(right, Value) else ""


def _entry(exercise: Exercise, right: Tree | Value, digits: int) -> dict[str, object]:
    if not isinstance(right, Value):
        scope = exercise.plan.graph.scope
        entry: dict[str, object] = {"latex": latex(right, scope), "plain": plain(right, scope)}
        if isinstance(right, Number):
            entry |= {"exact": _exact(right.value), "decimal": significant(right.value)}
            entry["tolerance"] = {"abs": f"5e-{digits + 1}", "rel": "0"}
        return entry
    if rows := exercise.plan.graph.entries(right.tree):
        return _matrix_entry([[_entry(exercise, Value(tree, right.stage), digits) for tree in row] for row in rows])
    numbers = exercise.passes[right.stage]
    number = numbers.value(right.tree)
    if right.apart is not None:
        digits = places_apart(number, numbers.value(right.apart), digits)
    shown, _ = write(number, digits)
    entry = {"latex": shown, "plain": shown}
    if isinstance(number, Fraction):
        entry["exact"] = _exact(number)
        entry["plain"] = f"{number.numerator}/{number.denominator}" if number.denominator != 1 else str(number)
    else:
        entry["plain"] = significant(number)
    return {**entry, "decimal": significant(number), "tolerance": {"abs": f"5e-{digits + 1}", "rel": "0"}}


def _matrix_entry(cells: list[list[dict[str, object]]]) -> dict[str, object]:
    """The entry of a matrix of numbers: its texts as one, its exact and decimal values row by row."""

    def each(key: str) -> list[list[str]]:
        return [[str(cell[key]) for cell in row] for row in cells]

    inside = r" \\ ".join(" & ".join(row) for row in each("latex"))
    entry: dict[str, object] = {
        "latex": rf"\begin{{bmatrix}} {inside} \end{{bmatrix}}",
        "plain": f"[{'; '.join(', '.join(row) for row in each('plain'))}]",
    }
    if all("exact" in cell for row in cells for cell in row):
        entry["exact"] = each("exact")
    return {**entry, "decimal": each("decimal"), "tolerance": cells[0][0]["tolerance"]}


def _exact(number: object) -> str:
    return f"{number.numerator}/{number.denominator}" if isinstance(number, Fraction) else str(number)


# --- one variant's files ------------------------------------------------------------------------------------


def files(sheet: Sheet, names: Sequence[str]) -> dict[str, str]:
    """Every text file of a variant, by its name."""
    made = {}
    for name, kind in product(names, KINDS):
        form, solutions = format_of(name), kind == "solutions"
        made[f"{kind}.{form.extension}"] = form.render(sheet, solutions=solutions)
        made |= form.figures(sheet, solutions=solutions)
    made["key.json"] = key(sheet)
    return made


def ours() -> frozenset[str]:
    """The names of the files that a variant's folder may hold."""
    endings = ["pdf", *(format_of(name).extension for name in formats())]
    return frozenset({"key.json", *(f"{kind}.{ending}" for kind in KINDS for ending in endings)})


@dataclass(frozen=True)
class Variant:
    """One line of a class: a person's name (or none), the seed, and its folder's name."""

    seed: str
    name: str = ""

    @property
    def folder(self) -> str:
        return slug(self.seed)


def write_run(
    variants: Sequence[Variant],
    compose: Callable[[Variant], Sheet],
    formats: Sequence[str],
    folder: Path,
    *,
    pdf: bool = False,
    several: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> list[tuple[Variant, Sheet]]:
    """Compose and write every variant; nothing in ``folder`` changes unless all of them succeed."""
    refuse_foreign(folder, variants, several)
    with _staging(folder) as staging:
        done = []
        for variant in variants:
            sheet = compose(variant)
            here = staging / variant.folder
            here.mkdir()
            for name, text in files(sheet, formats).items():
                if "/" in name:
                    (here / name).parent.mkdir(exist_ok=True)
                (here / name).write_bytes(text.encode())
            done.append((variant, sheet))
            if not pdf:
                advance()
        extra = _pdfs(staging, variants, several, advance) if pdf else {}
        if several:
            extra[INDEX] = index(done).encode()
        for name, data in extra.items():
            (staging / name).write_bytes(data)
        refuse_foreign(folder, variants, several)  # in the meantime somebody may have put something there
        _move_in(staging, folder, [*(v.folder for v in variants), *extra])
    return done


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A fresh folder inside ``folder``, gone at the end; after a failure also the folders that were made for it."""
    fresh = [path for path in (folder, *folder.parents) if not path.exists()]
    succeeded = False
    staging = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".derivgen-", dir=folder))
        yield staging
        succeeded = True
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from None
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for path in () if succeeded else fresh:
            with suppress(OSError):
                path.rmdir()


def refuse_foreign(folder: Path, variants: Sequence[Variant], several: bool) -> None:
    """An error if what is about to be replaced is not ours."""
    known = ours()
    for target in (folder / variant.folder for variant in variants):
        try:
            if target.is_symlink() or (target.exists() and not target.is_dir()):
                raise OutputError(f"{target} is in the way and is no folder of derivgen's")
            inside = list(target.iterdir()) if target.is_dir() else []
            drawn = [path for path in inside if path.name in FOLDERS.values() and path.is_dir()]
            foreign = sorted(p.name for p in inside if p not in drawn and (p.name not in known or p.is_dir()))
            foreign += sorted(
                f"{folder.name}/{path.name}" for folder in drawn for path in folder.iterdir()
                if not is_ours(folder.name, path.name) or path.is_dir()
            )  # fmt: skip
        except OSError as error:
            raise OutputError(f"cannot read {target}: {error.strerror}") from None
        if foreign:
            raise OutputError(f"{target} holds {foreign[0]}, which is not derivgen's; move it or choose another --out")
    table = folder / INDEX
    with suppress(OSError):
        if several and table.is_file() and not table.read_bytes().startswith(",".join(INDEX_HEAD).encode()):
            raise OutputError(f"{table} is not derivgen's; move it or choose another --out")


def _move_in(staging: Path, folder: Path, names: Sequence[str]) -> None:
    """Put each name in its place, the old one aside; if one cannot be put there, all go back."""
    aside = Path(tempfile.mkdtemp(dir=staging))
    moved: list[tuple[Path, Path]] = []
    try:
        for name in names:
            target = folder / name
            for start, end in ((target, aside / name), (staging / name, target)):
                if start.exists():
                    start.rename(end)
                    moved.append((start, end))
    except BaseException:
        for start, end in reversed(moved):
            end.rename(start)
        raise


def _pdfs(staging: Path, variants: Sequence[Variant], several: bool, advance: Callable[[], None]) -> dict[str, bytes]:
    """Each variant's PDFs beside its TeX, and for several variants all questions and all solutions to print."""
    from derivgen.pdf import compile_pdf

    def both(variant: Variant) -> None:
        for kind in KINDS:
            here = staging / variant.folder
            (here / f"{kind}.pdf").write_bytes(compile_pdf((here / f"{kind}.tex").read_text("utf-8")))
        advance()

    with ThreadPoolExecutor(max_workers=2) as pool:
        try:
            list(pool.map(both, variants))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if not several:
        return {}
    folders = [staging / variant.folder for variant in variants]
    return {f"all-{kind}.pdf": joined([(here / f"{kind}.pdf").read_bytes() for here in folders]) for kind in KINDS}


def can_join() -> None:
    """An error, before anything is done, if nothing here can put PDFs together."""
    import importlib.util

    if importlib.util.find_spec("pypdfium2") is None:
        raise OutputError('one PDF of all sheets needs pypdfium2: run: pip install "derivgen[pdf]"')


def joined(documents: Sequence[bytes]) -> bytes:
    """One PDF to print on both sides: every document starts on a right-hand page."""
    import pypdfium2

    whole = pypdfium2.PdfDocument.new()
    for data in documents:
        part = pypdfium2.PdfDocument(data)
        whole.import_pages(part)
        if len(part) % 2:
            whole.new_page(*part[len(part) - 1].get_size())
        part.close()
    buffer = io.BytesIO()
    whole.save(buffer)
    whole.close()
    return buffer.getvalue()


def index(done: Sequence[tuple[Variant, Sheet]]) -> str:
    """``index.csv``: name, seed, code; a cell that a spreadsheet would run as a formula gets a leading quote."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(INDEX_HEAD)
    for variant, sheet in done:
        table.writerow([cell(variant.name), cell(variant.seed), sheet.code])
    return buffer.getvalue()


def cell(text: str) -> str:
    """A text as a cell of a CSV that no spreadsheet runs as a formula.

    >>> cell("=1+1"), cell("Ada")
    ("'=1+1", 'Ada')
    """
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def repeated(done: Sequence[tuple[Variant, Sheet]]) -> list[tuple[str, str]]:
    """Pairs of seeds that came to the same sheet."""
    seen: dict[object, str] = {}
    pairs = []
    for variant, sheet in done:
        content = tuple(
            (e.givens, e.plan.graph, tuple((part.ask, tuple(part.parameters.items())) for part in e.plan.parts))
            for e in sheet.exercises
        )
        if content in seen:
            pairs.append((seen[content], variant.seed))
        else:
            seen[content] = variant.seed
    return pairs
