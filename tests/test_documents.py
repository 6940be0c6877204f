"""The documents and the source say the same: links lead somewhere, and settings and commands exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SOURCES = sorted((ROOT / "stopline").rglob("*.py"))

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"\s]+)\"")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"`(STOPLINE_[A-Z_]+|DATABASE_URL|PORT)`")
FOREIGN = {"DJANGO_SETTINGS_MODULE", "PATH"}  # another program's, and none of the operator's business


def name_of(path):
    return str(path.relative_to(ROOT))


def links(document):
    for markdown, html in LINK.findall(FENCE.sub("", document.read_text())):
        yield markdown or html


def anchors(document):
    """As GitHub makes them of headings."""
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", document.read_text()), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"&\w+;", "", heading).lower())
        yield words.replace(" ", "-")


def read_variables(path):
    """Names that a file reads from the environment: environ.get("…") and environ["…"]."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=where, attr="get"), args=[ast.Constant(value=str(name)), *_]
            ):
                pass
            case ast.Subscript(value=where, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
                pass
            case _:
                continue
        if ast.unparse(where) in ("os.environ", "environ", "environment"):
            yield name


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_inside_the_project_leads_somewhere(document):
    for link in links(document):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert target.is_relative_to(ROOT), f"{link} leads out of the project"
        assert not anchor or anchor in anchors(target), link


def test_every_setting_that_is_read_is_documented_and_every_documented_one_is_read():
    settings = (ROOT / "docs/operate.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    read = {name for path in SOURCES for name in read_variables(path)} - FOREIGN
    assert set(VARIABLE.findall(settings)) == read


def test_no_document_names_a_setting_that_is_not_read():
    read = {name for path in SOURCES for name in read_variables(path)}
    tests_own = {"STOPLINE_TEST_DATABASE_URL", "STOPLINE_CHROMIUM"}
    for document in DOCUMENTS:
        named = set(re.findall(r"\bSTOPLINE_[A-Z_]+\b", document.read_text()))
        assert named <= read | tests_own, f"{name_of(document)}: {named - read - tests_own}"


def test_every_make_target_that_a_document_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text()
        named = {
            target
            for part in re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)
            for target in re.findall(r"\bmake ([a-z]+)", "".join(part))
        }
        assert named <= targets, f"{name_of(document)}: {named - targets}"


def test_every_stopline_command_that_a_document_names_exists():
    from typer.main import get_command

    from stopline.doors.cli.main import app

    commands = set(get_command(app).commands)
    for document in DOCUMENTS:
        text = document.read_text()
        code = "\n".join(
            "".join(part) for part in re.findall(r"```sh\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)
        )
        named = set(re.findall(r"(?:^|[\s/])stopline ([a-z]+)\b", code))
        assert named <= commands, f"{name_of(document)}: {named - commands}"


def test_every_decision_is_listed_and_has_its_three_parts():
    folder = ROOT / "docs/decisions"
    listed = (folder / "README.md").read_text()
    decisions = sorted(folder.glob("[0-9]*.md"))
    for number, decision in enumerate(decisions, 1):
        text = decision.read_text()
        assert decision.name.startswith(f"{number:04}-"), "decisions are numbered without gaps"
        assert f"[{text.splitlines()[0].removeprefix('# ')}]({decision.name})" in listed
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
