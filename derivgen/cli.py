"""Words in, files out; no mathematics. SymPy and Jinja are imported only when a command needs them."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from derivgen import __version__


class Reported(click.ClickException):
    """An error of ours, in one line, with its exit code."""

    def __init__(self, error: Exception) -> None:
        super().__init__(" ".join(str(error).split()))
        self.exit_code = int(getattr(error, "exit_code", 2))

    def show(self, file: Any = None) -> None:
        click.echo(f"derivgen: {self.message}", err=True)


class Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        from derivgen.errors import DerivgenError

        try:
            return super().invoke(ctx)
        except DerivgenError as error:
            raise Reported(error) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="derivgen")
def main() -> None:
    """Quizzes about backpropagation, with answer keys that are proved before they are printed."""


@main.command()
@click.argument("quiz")
@click.option("--seed", "seed", help="The variant: any text (default 1).")
@click.option("--seeds", help="A range of variants: 1..200.")
@click.option("--roster", type=click.Path(path_type=Path), help="A file with one seed, or name,seed, a line.")
@click.option("--format", "formats", multiple=True, help="latex or markdown; may be repeated (default both).")
@click.option("--pdf", is_flag=True, help="Also compile the LaTeX.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("generated"), show_default=True, help="Where to write.")
@click.option("--secret", type=click.Path(path_type=Path), help="A file whose content keys the draws.")
def generate(
    quiz: str,
    seed: str | None,
    seeds: str | None,
    roster: Path | None,
    formats: tuple[str, ...],
    pdf: bool,
    out: Path,
    secret: Path | None,
) -> None:
    """Write question and solution sheets and the key of QUIZ: a file, or a bundled quiz's name."""
    from derivgen import spec
    from derivgen.asks import ASKS
    from derivgen.errors import DerivgenError
    from derivgen.formats import format_of
    from derivgen.networks import KINDS
    from derivgen.sheet import Composer
    from derivgen.writing import Variant, repeated, slug, write_run

    variants = _variants(seed, seeds, roster, Variant)
    wanted = list(dict.fromkeys(formats)) or ["latex", "markdown"]
    for name in wanted:
        format_of(name)  # an unknown format is an error before anything is done
    if pdf:
        from derivgen.pdf import engine

        engine()
        wanted = wanted if "latex" in wanted else [*wanted, "latex"]
    loaded = spec.load(quiz, asks=ASKS, kinds=KINDS)
    composer = Composer(loaded, _secret(secret) if secret else "")
    several = seeds is not None or roster is not None
    folders = [variant.folder.lower() for variant in variants]
    if len(set(folders)) < len(folders):
        twin = next(v for i, v in enumerate(variants) if folders[i] in folders[:i])
        raise DerivgenError(f"the seed {twin.seed!r} is there twice (or differs only in case)")
    folder = out / slug(loaded.name)

    def compose(variant: Any) -> Any:
        return composer.compose(variant.seed, _command(quiz, variant.seed, secret))

    with _progress(len(variants)) as advance:
        done = write_run(variants, compose, wanted, folder, pdf=pdf, several=several, advance=advance)
    for first, second in repeated(done)[:1]:
        click.echo(
            f"derivgen: note: {len(repeated(done))} of {len(done)} sheets repeat another (seeds {first} and {second} "
            "are the same): this quiz has too little to draw",
            err=True,
        )
    for variant, _ in done if len(done) < 4 else ():
        click.echo(str(folder / variant.folder))
    if len(done) >= 4:
        click.echo(f"{folder}: {len(done)} variants")


def _variants(seed: str | None, seeds: str | None, roster: Path | None, make: Callable[..., Any]) -> list[Any]:
    if sum(given is not None for given in (seed, seeds, roster)) > 1:
        raise click.UsageError("give one of --seed, --seeds and --roster")
    if seeds is not None:
        first, dots, last = seeds.partition("..")
        if not (dots and first.isdecimal() and last.isdecimal() and len(first) < 10 and len(last) < 10):
            raise click.BadParameter(f"{seeds!r} is not a range; write 1..200", param_hint="--seeds")
        low, high = int(first), int(last)
        if not low <= high < low + 100_000:
            raise click.BadParameter("the range must go up, and hold at most 100,000 seeds", param_hint="--seeds")
        return [make(str(i)) for i in range(low, high + 1)]
    if roster is not None:
        return _roster(roster, make)
    if seed is not None and not seed:
        raise click.BadParameter("must not be empty", param_hint="--seed")
    return [make(seed if seed is not None else "1")]


def _roster(roster: Path, make: Callable[..., Any]) -> list[Any]:
    from derivgen.errors import DerivgenError

    try:
        text = roster.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DerivgenError(f"cannot read the roster {roster}: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None
    people = []
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) > 2 or not cells[-1]:
            raise DerivgenError(f"{roster}:{number}: write one seed, or name,seed")
        people.append(make(cells[-1], cells[0] if len(cells) == 2 else ""))
    if not people:
        raise DerivgenError(f"the roster {roster} is empty")
    return people


def _secret(path: Path) -> str:
    from derivgen.errors import DerivgenError

    try:
        text = path.read_bytes()
    except OSError as error:
        raise DerivgenError(f"cannot read the secret {path}: {error.strerror}") from None
    if not text.strip():
        raise DerivgenError(f"the secret {path} is empty")
    return text.strip().hex()


def _command(quiz: str, seed: str, secret: Path | None) -> str:
    words = ["derivgen", "generate", _word(Path(quiz).name), "--seed", _word(seed)]
    return " ".join(words + (["--secret", _word(secret.name)] if secret else []))


def _word(text: str) -> str:
    """A word of a command line that is safe in any comment: odd characters in the shell's $'...' form."""
    if text and all(c.isascii() and (c.isalnum() or c in "._-") for c in text) and "--" not in text:
        return text
    safe = "".join(
        c if c.isascii() and (c.isalnum() or c in " ._,") else f"\\x{ord(c):02x}" if ord(c) < 128 else f"\\U{ord(c):08x}"
        for c in text
    )
    return f"$'{safe}'"


class _progress:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, count: int) -> None:
        self.count, self.bar = count, None if count < 2 or not sys.stderr.isatty() else True

    def __enter__(self) -> Callable[[], None]:
        if not self.bar:
            return lambda: None
        from rich.console import Console
        from rich.progress import Progress

        progress = Progress(console=Console(stderr=True), transient=True)
        progress.start()
        task = progress.add_task("sheets", total=self.count)
        self.progress = progress
        return lambda: progress.advance(task)

    def __exit__(self, *error: object) -> None:
        if self.bar:
            self.progress.stop()


@main.command()
@click.argument("equations")
@click.option("--of", "of", help="What to derive (default: the last equation).")
@click.option("--wrt", "wrt", multiple=True, help="By what; may be repeated (default: every leaf).")
@click.option("--at", "at", default="", help="Numbers: x=1,w=-0.2.")
@click.option("--format", "form", default="plain", type=click.Choice(["plain", "markdown", "latex"]), show_default=True)
@click.option("--digits", default=4, type=click.IntRange(0, 12), show_default=True, help="Decimals of an answer.")
def derive(equations: str, of: str | None, wrt: tuple[str, ...], at: str, form: str, digits: int) -> None:
    """Derive one gradient at once from EQUATIONS: "a = sigmoid(w*x + b); L = (a - y)^2/2"."""
    from derivgen.explain import explain

    if equations == "-":
        equations = sys.stdin.read()
    click.echo(explain(equations, of, wrt, at, form, digits), nl=False)


@main.command("list")
@click.argument("table", required=False, default="quizzes")
def list_(table: str) -> None:
    """List quizzes, asks, operations, networks or formats."""
    from derivgen.errors import DerivgenError, suggest

    tables: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "quizzes": _quizzes, "asks": _asks, "operations": _operations, "networks": _networks, "formats": _formats,
    }  # fmt: skip
    if table not in tables:
        raise DerivgenError(suggest(table, tables))
    rows = tables[table]()
    width = max(len(name) for name, _ in rows)
    for name, about in rows:
        click.echo(f"{name:<{width}}  {about}".rstrip())


def _quizzes() -> list[tuple[str, str]]:
    from derivgen.folders import bundled_quizzes, templates_folder

    folder = templates_folder() / "quizzes"
    return [(name, (folder / f"{name}.yaml").read_text("utf-8").split("\n")[0].lstrip("# ")) for name in bundled_quizzes()]


def _asks() -> list[tuple[str, str]]:
    folder = Path(__file__).parent / "asks"
    files = sorted(p for p in folder.glob("*.py") if p.stem != "__init__")
    return [(p.stem, p.read_text("utf-8").split("\n")[0].strip('"')) for p in files]


def _operations() -> list[tuple[str, str]]:
    from derivgen.operations import CALLABLE, OPERATIONS

    rows = [OPERATIONS[name] for name in CALLABLE]
    return [(f"{row.name}({', '.join(row.arguments)})", row.value and f"= {row.value}") for row in rows]


def _networks() -> list[tuple[str, str]]:
    from derivgen.networks import KINDS

    return [(name, (builder.__doc__ or "").split("\n")[0]) for name, builder in KINDS.items()]


def _formats() -> list[tuple[str, str]]:
    from derivgen.folders import templates_folder

    return [(p.stem, "") for p in sorted((templates_folder() / "formats").glob("*.j2"))]


