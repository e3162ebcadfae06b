"""Words in, files out; no mathematics. SymPy and Jinja are imported only when a command needs them."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from derivgen import __version__
from derivgen.errors import DerivgenError, escaped, suggest

LONGEST_FILE = 2**20  # bytes of a roster, of a secret and of what comes from stdin


class Commands(click.Group):
    """Whatever goes wrong is said in one line; DERIVGEN_DEBUG=1 shows where in the program it happened."""

    def main(self, *args: Any, **options: Any) -> Any:
        options["standalone_mode"] = False  # click's own handling takes three lines
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a terminal may know no ≈
        try:
            code = super().main(*args, **options)
            sys.stdout.flush()
        except click.ClickException as error:
            if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
                error.show()
                sys.exit(error.exit_code)
            fail(error.format_message(), error.exit_code)
        except DerivgenError as error:
            fail(str(error), error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            fail("interrupted", 130)
        except BrokenPipeError:  # whoever read our output has had enough, as in `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(141)
        except Exception as error:
            if os.environ.get("DERIVGEN_DEBUG"):
                raise
            fail(f"a fault of derivgen's own, please report it: {type(error).__name__}: {error}", 70)
        sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, code: int) -> NoReturn:
    """Say it in one line, whatever was typed, and end."""
    click.echo(f"derivgen: {escaped(' '.join(message.split()), 1000)}", err=True)
    sys.exit(code)


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
@click.option("--out", type=click.Path(path_type=Path), default=Path("generated"), show_default=True,
              help="Where to write.")  # fmt: skip
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
    from derivgen.formats import format_of
    from derivgen.networks import KINDS
    from derivgen.sheet import Composer
    from derivgen.writing import Variant, repeated, slug, write_run

    variants = _variants(seed, seeds, roster, Variant)
    several = seeds is not None or roster is not None
    wanted = list(dict.fromkeys(formats)) or ["latex", "markdown"]
    for name in wanted:
        format_of(name)  # an unknown format is an error before anything is done
    if pdf:
        from derivgen.pdf import engine
        from derivgen.writing import can_join

        engine()
        if several:
            can_join()
        wanted = wanted if "latex" in wanted else [*wanted, "latex"]
    loaded = spec.load(_text(quiz, "QUIZ"), asks=ASKS, kinds=KINDS)
    composer = Composer(loaded, _secret(secret) if secret else "")
    folders = [variant.folder.lower() for variant in variants]
    if len(set(folders)) < len(folders):
        twin = next(v for i, v in enumerate(variants) if folders[i] in folders[:i])
        raise DerivgenError(f"the seed '{escaped(twin.seed)}' is there twice (or differs only in case)")
    folder = out / slug(loaded.name)

    def compose(variant: Any) -> Any:
        return composer.compose(variant.seed, _command(quiz, variant.seed, secret))

    with _progress(len(variants)) as advance:
        done = write_run(variants, compose, wanted, folder, pdf=pdf, several=several, advance=advance)
    if twins := repeated(done):
        first, second = twins[0]
        click.echo(
            f"derivgen: note: {len(twins)} of {len(done)} sheets repeat another (seeds {escaped(first)} and "
            f"{escaped(second)} are the same): this quiz has too little to draw",
            err=True,
        )
    if several:
        click.echo(f"{folder}: {len(done)} variant{'s' if len(done) > 1 else ''}")
    else:
        click.echo(str(folder / variants[0].folder))


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
    if seed is not None and not seed.strip():
        raise click.BadParameter("must not be empty", param_hint="--seed")
    return [make(_text(seed, "--seed") if seed is not None else "1")]


def _text(word: str, where: str) -> str:
    """The word, unless it holds bytes that are no text."""
    try:
        word.encode()
    except UnicodeEncodeError:
        raise DerivgenError(f"{where}: '{escaped(word)}' is not UTF-8 text") from None
    return word


def _content(path: Path, what: str) -> bytes:
    """A small file's bytes."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LONGEST_FILE + 1)
    except OSError as error:
        raise DerivgenError(f"cannot read the {what} {path}: {error.strerror}") from None
    if len(content) > LONGEST_FILE:
        raise DerivgenError(f"the {what} {path} is larger than {LONGEST_FILE // 2**20} MiB")
    if not content.strip():
        raise DerivgenError(f"the {what} {path} is empty")
    return content


def _roster(roster: Path, make: Callable[..., Any]) -> list[Any]:
    try:
        text = _content(roster, "roster").decode("utf-8-sig")
        rows = list(csv.reader(text.splitlines()))
    except (UnicodeDecodeError, csv.Error):
        raise DerivgenError(f"cannot read the roster {roster}: it is not a table in UTF-8") from None
    people = []
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells == ["name", "seed"]):
            continue
        other = next((sign for sign in (";", "\t") if sign in row[0]), "")
        if len(row) == 1 and other:
            raise DerivgenError(f"{roster}:{number}: a name and a seed are parted by a comma, not by {other!r}")
        if len(cells) > 2 or not cells[-1]:
            raise DerivgenError(f"{roster}:{number}: write one seed, or name,seed")
        people.append(make(cells[-1], cells[0] if len(cells) == 2 else ""))
    if not people:
        raise DerivgenError(f"the roster {roster} is empty")
    return people


def _secret(path: Path) -> str:
    return _content(path, "secret").strip().hex()


def _command(quiz: str, seed: str, secret: Path | None) -> str:
    words = ["derivgen", "generate", _word(Path(quiz).name), "--seed", _word(seed)]
    return " ".join(words + (["--secret", _word(secret.name)] if secret else []))


def _word(text: str) -> str:
    """A word of a command line that is safe in any comment: odd characters in the shell's $'...' form."""
    if text and all(c.isascii() and (c.isalnum() or c in "._-") for c in text) and "--" not in text:
        return text
    kept = {c for c in text if c.isascii() and (c.isalnum() or c in " ._,")}
    safe = (c if c in kept else f"\\x{ord(c):02x}" if ord(c) < 128 else f"\\U{ord(c):08x}" for c in text)
    return f"$'{''.join(safe)}'"


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    if count < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("sheets", total=count)
        yield lambda: progress.advance(task)


@main.command()
@click.argument("equations")
@click.option("--of", "of", help="What to derive (default: the last equation).")
@click.option("--wrt", "wrt", multiple=True, help="By what; may be repeated (default: every leaf).")
@click.option("--function", "functions", multiple=True, metavar="NAME",
              help="A function to leave abstract; may be repeated.")  # fmt: skip
@click.option("--at", "at", default="", help="Numbers: x=1,w=-0.2.")
@click.option("--format", "form", default="plain", type=click.Choice(["plain", "markdown", "latex"]), show_default=True)
@click.option("--digits", default=4, type=click.IntRange(0, 12), show_default=True, help="Decimals of an answer.")
@click.option("--figure", "figure", type=click.Path(dir_okay=False), metavar="FILE",
              help="Draw the equations too, as .svg or .tex (TikZ).")  # fmt: skip
def derive(
    equations: str, of: str | None, wrt: tuple[str, ...], functions: tuple[str, ...], at: str, form: str, digits: int,
    figure: str | None,
) -> None:  # fmt: skip
    """Derive one gradient at once from EQUATIONS: "a = sigmoid(w*x + b); L = (a - y)^2/2".

    Names that no equation defines are inputs and weights. Such a name right before a bracket is refused: write
    g*(w*x) for a product; g(w*x) is a call with --function g, which stays abstract: g'(w*x).
    """
    from derivgen.explain import explain

    if equations == "-":
        try:
            equations = sys.stdin.buffer.read(LONGEST_FILE).decode()
        except UnicodeDecodeError:
            raise DerivgenError("what comes from stdin is not UTF-8 text") from None
    text = explain(equations, of, wrt, at, form, digits, functions)
    if figure is not None:
        from derivgen.explain import drawing

        suffix = Path(figure).suffix
        if suffix not in (".svg", ".tex"):
            raise DerivgenError(f"--figure: {escaped(figure)!r} must end in .svg or .tex")
        picture = drawing(equations, of, at, "svg" if suffix == ".svg" else "tikz", digits, functions)
        try:
            Path(figure).write_text(picture, encoding="utf-8", newline="\n")
        except OSError as error:
            raise DerivgenError(f"--figure: {escaped(figure)!r} cannot be written ({error.strerror})") from None
    click.echo(text, nl=False)


@main.command()
@click.argument("words", nargs=-1, metavar="[QUIZ] FILE...")
@click.option("--network", "network", help="Equations to check against, instead of a quiz.")
@click.option("--at", "at", default="", help="Numbers, with --network: x=1,w=-0.2.")
@click.option("--seed", "seed", help="The quiz's variant: any text (default 1).")
@click.option("--secret", type=click.Path(path_type=Path), help="A file whose content keys the draws.")
@click.option("--part", "part", default="", help="What the work is about: exercise 2, or the answer to part 1.e.")
@click.option("--format", "form", default="terminal",
              type=click.Choice(["terminal", "markdown", "latex", "html", "json"]), show_default=True)  # fmt: skip
@click.option("--echo", is_flag=True, help="Say how each line was read.")
@click.option("--summary", is_flag=True, help="One row a file, and a table in CSV for all of them.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH",
              help="Where to write: a file, or a folder; of a summary the CSV (default summary.csv).")  # fmt: skip
def check(
    words: tuple[str, ...], network: str | None, at: str, seed: str | None, secret: Path | None, part: str, form: str,
    echo: bool, summary: bool, out: Path | None,
) -> int:  # fmt: skip
    """Check derivations line by line: LaTeX, Markdown or plain maths in FILEs, or - for stdin.

    Each line is compared with the truth on QUIZ's networks (of the variant of --seed) or on those of --network.
    Exit code 1: something is wrong; 2: something could not be read or decided; 0: all is right.
    """
    from derivgen.checking import classes

    quiz, files = ("", words) if network is not None else ("".join(words[:1]), words[1:])
    if not files:
        known = network is not None or quiz
        raise click.UsageError("give a FILE to check, or -" if known else "give a QUIZ and a FILE")
    if network is not None and (seed is not None or secret is not None):
        raise click.UsageError("--seed and --secret belong to a quiz, not to --network")
    if network is None and at:
        raise click.UsageError("--at belongs to --network; a quiz has its own numbers")
    if summary and form != "terminal":
        raise click.UsageError(f"--summary is a table: leave out --format {form}")
    if len(files) > 1 and not summary and form != "terminal" and out is None:
        raise click.UsageError("several files: give --out, a folder, or --summary")
    about: Any
    if network is not None:
        about = classes.equations(_text(network, "--network"), at)
    else:
        chosen = _variants(seed, None, None, lambda seed: seed)[0]
        about = classes.quiz(_text(quiz, "QUIZ"), chosen, _secret(secret) if secret else "")
    works = [_work(name) for name in files]
    results = [classes.checked(about, work, part) for work in works]
    for result in results:
        if result.error:
            click.echo(f"derivgen: {escaped(result.error, 1000)}", err=True)
    if summary:
        target = out or Path("summary.csv")
        classes.write_summary(target, results)
        click.echo(classes.table(results, *_screen()), nl=False)
        click.echo(str(target))
    elif out is not None:
        for path in classes.write_reports(out, results, form, echo=echo):
            click.echo(str(path))
    else:
        for result in results:
            if len(results) > 1 and result.report:
                click.echo(f"{escaped(result.name)}:")
            if result.report:
                click.echo(classes.shown(result.report, form, *_screen(), echo=echo), nl=False)
    return max((result.code for result in results), key=lambda code: (code == 1, code))


def _screen() -> tuple[bool, int]:
    """Whether stdout takes colour, and how wide it is; 0 where it is no terminal."""
    if not sys.stdout.isatty():
        return False, 0
    import shutil

    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb", shutil.get_terminal_size().columns


def _work(name: str) -> tuple[str, str, str]:
    """A work's name, its text, and what is wrong with its file, in one line."""
    try:
        if name == "-":
            content = sys.stdin.buffer.read(LONGEST_FILE + 1)
            if len(content) > LONGEST_FILE:
                raise DerivgenError(f"what comes from stdin is larger than {LONGEST_FILE // 2**20} MiB")
        else:
            content = _content(Path(_text(name, "FILE")), "work")
        text = content.decode("utf-8-sig")
    except DerivgenError as error:
        return name, "", str(error)
    except (UnicodeDecodeError, ValueError):
        return name, "", f"the work {escaped(name)} is not UTF-8 text"
    if "\0" in text:
        return name, "", f"the work {escaped(name)} is not text"
    return name, text, "" if text.strip() else f"the work {escaped(name)} is empty"


@main.command("list")
@click.argument("table", required=False, default="quizzes")
def list_(table: str) -> None:
    """List quizzes, asks, operations, networks, notations, formats or slips."""
    tables: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "quizzes": _quizzes, "asks": _asks, "operations": _operations, "networks": _networks, "formats": _formats,
        "notations": _notations, "slips": _slips,
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
    first = {name: (folder / f"{name}.yaml").read_text("utf-8").split("\n")[0] for name in bundled_quizzes()}
    return [(name, line.lstrip("# ")) for name, line in first.items()]


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


def _notations() -> list[tuple[str, str]]:
    from derivgen.notation import NOTATIONS

    shown = ("weight", "bias", "pre", "post", "output", "loss")
    return [
        (row.name, ", ".join(getattr(row, key) for key in shown if getattr(row, key)) + f"; {row.product}")
        for row in NOTATIONS.values()
    ]


def _slips() -> list[tuple[str, str]]:
    from derivgen.slips import SLIPS

    return [(name, (ways.__doc__ or "").strip()) for name, ways in SLIPS.items()]


def _formats() -> list[tuple[str, str]]:
    from derivgen.folders import templates_folder

    return [(p.stem, "") for p in sorted((templates_folder() / "formats").glob("*.j2"))]
