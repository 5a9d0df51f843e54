"""Where does the table of the zoo stand in the documentation?"""

from pathlib import Path

HEADING = "## How well it does"
BEGIN = "<!-- zoo: begin -->"
END = "<!-- zoo: end -->"


def with_table(page: str, table: str) -> str:
    """The page with the table between its marks; a page without them gets them at its end."""
    block = f"{BEGIN}\n{table}\n{END}"
    if BEGIN not in page:
        return f"{page.rstrip()}\n\n{HEADING}\n\n{block}\n"
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{block}{after}"


def write_page(path: Path, table: str) -> None:
    """Put the table where it stands."""
    page = path.read_text(encoding="utf-8") if path.exists() else "# Bottlenecks\n"
    path.write_text(with_table(page, table), encoding="utf-8")
