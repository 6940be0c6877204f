"""First and last names, by the language people speak."""

import tomllib
from pathlib import Path


def read() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """(first names, last names), each by language."""
    with Path(__file__).with_name("names.toml").open("rb") as file:
        found = tomllib.load(file)
    return _listed(found["first"]), _listed(found["last"])


def _listed(names: dict[str, str]) -> dict[str, list[str]]:
    return {
        language: [name.strip() for name in text.replace("\n", " ").split(",")]
        for language, text in names.items()
    }
