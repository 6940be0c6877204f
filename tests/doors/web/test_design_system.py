"""The design system keeps its own rules: readable in both themes, safe under the strict CSP, small files."""

import ast
import math
import re
from itertools import product
from pathlib import Path

import pytest

from stopline.rules import segments

WEB = Path(__file__).parents[3] / "stopline/doors/web"
STYLES = sorted(WEB.glob("static/css/**/*.css"))
SCRIPTS = sorted(WEB.glob("static/js/*.js"))
TEMPLATES = sorted(WEB.glob("templates/**/*.html"))
COMPONENTS = sorted(WEB.glob("templates/components/*.html"))

SURFACES = (
    "surface",
    "surface-sunken",
    "surface-raised",
    "surface-hover",
    "surface-active",
    "surface-selected",
)
TEXT_ON_SURFACES = [
    *product(("text", "text-muted", "accent-text", "negative"), SURFACES),
    *product(("text-faint",), SURFACES[:4]),
    *product(("on-accent",), ("accent", "accent-hover", "danger", "danger-hover")),
    *product(
        ("text", "text-muted"),
        ("accent-surface", "positive-surface", "negative-surface", "warning-surface"),
    ),
    *((status, f"{status}-surface") for status in ("positive", "negative", "warning")),
    ("accent-text", "accent-surface"),
]
EDGES_ON_SURFACES = [
    *product(("focus",), SURFACES),
    *product(("line-control", "accent"), SURFACES[:3]),
]


def luminance(colour: str) -> float:
    """WCAG relative luminance of an `oklch(L C H)`; the matrices are those of CSS Color 4, section 10.10."""
    lightness, chroma, hue = map(float, re.findall(r"[\d.]+", colour)[:3])
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, part)) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def tokens() -> dict[str, tuple[str, str]]:
    """{name: (light colour, dark colour)}."""
    text = (WEB / "static/css/tokens.css").read_text()
    declared = re.findall(r"--([\w-]+): (.*?);", text)
    found = {name: re.findall(r"oklch\([^)]*\)", value) for name, value in declared}
    return {name: (colours[0], colours[-1]) for name, colours in found.items() if colours}


def contrast(name: str, behind: str, theme: int) -> float:
    light, dark = sorted((luminance(tokens()[each][theme]) for each in (name, behind)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "pair"), list(product((0, 1), TEXT_ON_SURFACES)))
def test_text_is_readable_in_both_themes(theme: int, pair: tuple[str, str]) -> None:
    assert contrast(*pair, theme) >= 4.5


@pytest.mark.parametrize(("theme", "pair"), list(product((0, 1), EDGES_ON_SURFACES)))
def test_controls_and_focus_are_visible_in_both_themes(theme: int, pair: tuple[str, str]) -> None:
    assert contrast(*pair, theme) >= 3


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_style_sheets_stay_small_and_never_shout(path: Path) -> None:
    text = path.read_text()

    assert len(text.splitlines()) < 350
    assert "!important" not in text


def test_every_style_sheet_is_imported_once_into_its_layer() -> None:
    main = WEB / "static/css/main.css"

    imported = re.findall(r'@import url\("(.+?)"\) layer\((\w+)\);', main.read_text())

    names = sorted(str(path.relative_to(main.parent)) for path in STYLES if path != main)
    assert sorted(name for name, _ in imported) == names
    assert all(layer == name.split("/")[0].removesuffix(".css") for name, layer in imported)


def test_every_icon_has_its_line() -> None:
    drawn = {path.stem for path in WEB.glob("static/icons/*.svg")}

    lines = (WEB / "static/css/components/icon.css").read_text()
    named = set(re.findall(r"^\.icon--([\w-]+) \{ --icon", lines, re.M))

    assert drawn == named


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 100


def test_all_scripts_together_stay_small() -> None:
    assert sum(len(path.read_text().splitlines()) for path in SCRIPTS) < 1000  # docs/decisions/0020


def test_the_composer_counts_with_the_alphabet_and_sizes_of_the_rules() -> None:
    script = (WEB / "static/js/segments.js").read_text()

    basic, extended = re.findall(r"const (?:BASIC|EXTENDED) =(.*?);\n", script, re.S)
    letters = [ast.literal_eval(f"({each.replace(' +', '')})") for each in (basic, extended)]

    assert [frozenset(each) for each in letters] == [segments.GSM_BASIC, segments.GSM_EXTENSION]
    assert f"{segments.GSM_SINGLE}, {segments.GSM_PART})" in script
    assert f"{segments.UCS2_SINGLE}, {segments.UCS2_PART})" in script


# An e-mail's own document: in a sandboxed frame, under a policy of its own that runs no script.
PAGES = [path for path in TEMPLATES if path.name != "formatted.html"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_templates_carry_nothing_the_content_security_policy_would_refuse(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"\sstyle=|<style|\son\w+=[\"']|hx-on|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_a_component_says_in_its_first_line_what_it_is(path: Path) -> None:
    assert re.search(r"\{# .+ #\}", path.read_text().splitlines()[0])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_what_htmx_asks_for_works_without_it(path: Path) -> None:
    """Every hx-get sits on a link with a href or in a form with an action, every hx-post on a form."""
    for tag in re.findall(r"<[a-z]+(?:[^<>{]|\{\{.*?\}\}|\{%.*?%\})*?>", path.read_text(), re.S):
        if "hx-post=" in tag:
            assert "action=" in tag or "formaction=" in tag, tag
        if "hx-get=" in tag and "hx-trigger=" not in tag:
            assert "href=" in tag or "action=" in tag, tag
