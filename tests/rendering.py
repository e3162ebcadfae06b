"""A rendered sheet in, what its readers would see out: a Markdown file's formulas, a PDF's text and pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

KATEX = Path(__file__).parent / "katex"
# GitHub's own list of refused macros, found by users: github/markup#1688.
REFUSED_BY_GITHUB = ("operatorname", "mbox", "bm", "phantom")

_DISPLAYS = {"math_block", "math_block_label", "math_inline_double"}
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MATH_IN_PROSE = re.compile(r"\$|\\[A-Za-z]+")

Formula = tuple[str, bool]


def formulas(markdown_text: str) -> list[Formula]:
    """Each formula and whether it is a display, in the order of the text.

    >>> formulas("Let $x$ be\\n\\n$$ x = 1 $$\\n\\nand `$y$` code.")
    [('x', False), ('x = 1', True)]
    """
    return [
        (token.content.strip(), token.type != "math_inline")
        for token, _ in _tokens(markdown_text)
        if token.type == "math_inline" or token.type in _DISPLAYS or _is_math_fence(token)
    ]


def leftovers(markdown_text: str) -> list[str]:
    r"""Blocks of prose in which a reader would see raw mathematics: a lone dollar, or a backslash command.

    >>> leftovers(r"It costs \$5 and $x$ is good.")
    []
    >>> leftovers(r"So $x$ is \alpha.") == [r"So $x$ is \alpha."]
    True
    >>> leftovers("A $ x$ with a space.")
    ['A $ x$ with a space.']
    """
    return list(dict.fromkeys(text for token, text in _tokens(markdown_text) if _shows_mathematics(token)))


def prose_text(markdown_text: str) -> str:
    r"""The words that a reader sees, formulas without their dollars, blocks apart by a line's end.

    >>> prose_text("# Ten \\% of $x$\n\n<b>so</b> &amp; on")
    'Ten % of x\nso & on'
    """
    blocks: list[str] = []
    for block in _reader().parse(markdown_text):
        if block.children is not None:
            breaks = {"softbreak": "\n", "hardbreak": "\n", "html_inline": ""}
            blocks.append("".join(breaks.get(token.type, token.content) for token in block.children))
        elif block.content and block.type != "html_block":
            blocks.append(block.content)
    return "\n".join(blocks)


def github_errors(formulas: list[Formula]) -> list[str]:
    """What KaTeX knows and GitHub refuses.

    >>> github_errors([(r"\\operatorname{sign} x", False), (r"\\boldmath", False)])
    ['\\\\operatorname{sign} x: GitHub refuses \\\\operatorname']
    """
    refused = re.compile(rf"\\(?:{'|'.join(REFUSED_BY_GITHUB)})(?![A-Za-z])")
    return [f"{tex}: GitHub refuses {macro}" for tex, _ in formulas for macro in refused.findall(tex)]


def katex_errors(formulas: list[Formula]) -> list[str]:
    """What KaTeX says in strict mode, one line for each formula that it refuses."""
    judged = _katex(formulas)
    return [f"{tex}: {said['complaint']}" for (tex, _), said in zip(formulas, judged, strict=True) if said["complaint"]]


def katex_html(formulas: list[Formula]) -> list[str]:
    """What KaTeX makes of each formula, "" for one that it refuses."""
    return [said["html"] for said in _katex(formulas)]


def _katex(formulas: list[Formula]) -> list[dict[str, str]]:
    """One process for all formulas.

    Skips the test where KaTeX is not installed (`npm ci` in tests/katex); under DERIVGEN_STRICT=1 fails it.
    """
    node = shutil.which("node")
    if node is None or not (KATEX / "node_modules" / "katex").is_dir():
        give_up = pytest.fail if os.environ.get("DERIVGEN_STRICT") == "1" else pytest.skip
        give_up("KaTeX is not installed: run `npm ci` in tests/katex")
    questions = json.dumps([{"tex": tex, "display": display} for tex, display in formulas])
    answer = subprocess.run(
        [node, str(KATEX / "check.mjs")],
        input=questions, capture_output=True, check=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    judged: list[dict[str, str]] = json.loads(answer.stdout)
    return judged


def pdf_text(content: bytes) -> str:
    """The words of all pages, a form feed between two pages."""
    with pypdfium2.PdfDocument(content) as document:
        return "\f".join(page.get_textpage().get_text_bounded() for page in document)


MARGINS = (72, 1.15 * 72, 72)  # pt on the left, on the right and at the bottom, as in the format's preamble


def outside(content: bytes) -> list[tuple[int, str]]:
    """The texts outside a sheet's margins with their pages; headers, footers and the boxes of points are no such."""
    found = []
    left, right, bottom = MARGINS
    with pypdfium2.PdfDocument(content) as document:
        for number, page in enumerate(document, 1):
            (width, height), text = page.get_size(), page.get_textpage()
            for x, y, far, top in map(text.get_rect, range(text.count_rects())):
                inside = x >= left - 3 and far <= width - right + 3 and y >= bottom - 10
                footer = x >= left - 3 and bottom - 40 < y and top < bottom - 12
                points = x > width - right + 10 and far < width - 18
                if not (inside or footer or points or y > height - 72):
                    found.append((number, text.get_text_bounded(x, y, far, top)))
    return found


def pdf_pages_png(content: bytes, folder: Path) -> list[Path]:
    """The pages as pictures `page-1.png`, ... at 144 dots per inch."""
    written = []
    with pypdfium2.PdfDocument(content) as document:
        for count, page in enumerate(document, start=1):
            path = folder / f"page-{count}.png"
            page.render(scale=2).to_pil().save(path)
            written.append(path)
    return written


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # Left apart, an escaped dollar can be told from a stray one.
    reader.disable("text_join")
    # Pandoc wants no space inside single dollars and no digit after them; what it accepts, the others do too.
    return reader.use(
        dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False, double_inline=True
    )


def _tokens(markdown_text: str) -> Iterator[tuple[Token, str]]:
    """Every token without children of its own, and the text of the block in which it stands."""
    for block in _reader().parse(markdown_text):
        if block.children is None:
            yield block, block.content
        else:
            for token in block.children:
                yield token, block.content


def _is_math_fence(token: Token) -> bool:
    return token.type == "fence" and token.info.strip() == "math"


def _shows_mathematics(token: Token) -> bool:
    match token.type:
        case "text" | "image":  # an image's content is its alternative text, which nobody sets as mathematics
            return _MATH_IN_PROSE.search(token.content) is not None
        case "text_special":  # an escape: a dollar is meant, a backslash that escapes nothing is not
            return re.match(r"\\[A-Za-z]", token.content) is not None
        case "html_block" | "html_inline":
            return _MATH_IN_PROSE.search(_COMMENT.sub("", token.content)) is not None
        case _:
            return False
