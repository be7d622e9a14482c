"""Writes the tables of docs/errors.md and docs/configuration.md and, where buf is installed, the pages of docs/api."""

import sys

from interplay_server.docs_tables import ROOT, TABLES, reference, rewritten


def main() -> None:
    """Prints the path of each page that it writes."""
    for path, table in TABLES.items():
        page = ROOT / path
        page.write_text(rewritten(page.read_text(encoding="utf-8"), table()), encoding="utf-8")
        sys.stdout.write(f"{path}\n")
    pages = reference.pages(reference.image(ROOT))
    folder = ROOT / "docs" / "api"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/api/{name}\n")


if __name__ == "__main__":
    main()
