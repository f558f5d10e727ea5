"""The README taken apart: blocks of code and tables, in the order in which a reader meets them."""

import re
from pathlib import Path
from typing import NamedTuple

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CODES_SECTION, EXITS_SECTION = "What it refuses", "Exit codes"


class Block(NamedTuple):
    """A fenced block; `line` is that of its fence."""

    language: str
    text: str
    line: int


class Step(NamedTuple):
    """A command of a console block and what the README says that it prints."""

    command: str
    output: str


def blocks(*languages: str) -> list[Block]:
    """Returns the fenced blocks in these languages, or all of them."""
    found = re.finditer(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    every = [Block(m[1], m[2], README.count("\n", 0, m.start()) + 1) for m in found]
    return [block for block in every if not languages or block.language in languages]


def steps(block: Block) -> list[Step]:
    """Returns the commands of a console block."""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    return [Step(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def section(title: str) -> str:
    """Returns what stands under a heading, without blocks: what a command prints may look like one."""
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    _, _, rest = prose.partition(f"\n## {title}\n")
    assert rest, f"there is no section {title}"
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Returns the rows of the last table in `text`, headings first, without code marks."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    start = max(i for i, line in enumerate(lines) if set(line) <= set("|-: ")) - 1
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:]]
    return [[cell.replace("`", "") for cell in row] for row in (cells[0], *cells[2:])]
