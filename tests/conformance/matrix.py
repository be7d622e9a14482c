"""The table of docs/clients.md, from the results of the suite: `python -m tests.conformance.matrix` writes it.

With `--check` it changes nothing and fails if the page says something else.
"""

import json
import sys
from pathlib import Path

from tests.conformance.languages import ALL, RESULTS, ROOT, Language

PAGE = ROOT / "docs" / "clients.md"
BEGIN = "<!-- matrix: written by python -m tests.conformance.matrix -->"
END = "<!-- end of matrix -->"
YES, NO, FAILS = "yes", "no", "fails"
OTHERS = (
    "Wire format, byte for byte, unknown fields and enum values kept",
    "JSON mapping",
    "Examples",
    "Its own tests and linters",
    "Package is installed by its ecosystem's tool",
)


def features() -> list[str]:
    """Every feature once: those of cases.json in its order, then those of other tests."""
    cases = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
    listed = dict.fromkeys(case["feature"] for case in cases if case["id"] != "hello")
    return [*listed, *OTHERS]


def results(language: Language) -> dict[str, str]:
    """By feature: the worst that any test of it came to. Empty for a language that was not run."""
    rank = {YES: 0, NO: 1, FAILS: 2}
    words = {"passed": YES, "lacks": NO, "failed": FAILS}
    found: dict[str, str] = {}
    for file in sorted((RESULTS / "results" / language.name).glob("*.json")):
        told = json.loads(file.read_text(encoding="utf-8"))
        word = words[told["outcome"]]
        found[told["feature"]] = max(found.get(told["feature"], YES), word, key=rank.__getitem__)
    return found


def table(columns: dict[str, dict[str, str]]) -> str:
    lines = ["| |" + "|".join(f" {language.title} " for language in ALL) + "|", "|---|" + "---|" * len(ALL)]
    for feature in features():
        words = [columns.get(language.name, {}).get(feature, "") for language in ALL]
        lines.append(f"| {feature} | " + " | ".join(words) + " |")
    return "\n".join(lines)


def on_page() -> dict[str, dict[str, str]]:
    """What the page says now, by language and feature."""
    text = PAGE.read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = {language.name: {} for language in ALL}
    for line in text.partition(BEGIN)[2].partition(END)[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(ALL) + 1 and cells[0] in features():
            for language, word in zip(ALL, cells[1:], strict=True):
                found[language.name][cells[0]] = word
    return found


def differences() -> list[str]:
    """What the page says otherwise than the results of the languages that were run."""
    page, found = on_page(), []
    for language in ALL:
        ran = results(language)
        found += [
            f"{language.title}: {feature!r} is {word}, the page says {page[language.name].get(feature) or 'nothing'}"
            for feature, word in ran.items()
            if feature in features() and page[language.name].get(feature) != word
        ]
    return found


def write() -> None:
    """Languages that were not run keep what the page says of them."""
    columns = on_page()
    for language in ALL:
        columns[language.name] |= results(language)
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}\n\n{table(columns)}\n\n{END}{tail}", encoding="utf-8")


def main() -> int:
    if "--check" not in sys.argv[1:]:
        write()
        return 0
    found = differences()
    for line in found:
        print(line)
    if found:
        print("docs/clients.md is not current: python -m tests.conformance.matrix")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
