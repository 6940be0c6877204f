"""Texts with a contact's own values in them: Liquid, cut down to what a message needs (docs/personalisation.md).

A text is compiled and checked once and then written a million times. Authors may be anybody with the right to send,
so nothing here loops, assigns, loads or reaches further than the values it is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment, Markup, RenderContext
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import (
    Filter,
    FilteredExpression,
    Path,
    PositionalArgument,
    StringLiteral,
)
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.filters.misc import default
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError, LiquidSyntaxError, OutputStreamLimitError, UnknownFilterError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.token import TOKEN_CONTENT, TOKEN_ILLEGAL, TOKEN_OUTPUT, Token

from stopline.rules.errors import InvalidInput

Value = str | int | float | None
Part = str | tuple[str, str | None]  # text as it stands, or a field and what stands for it where it is empty

LONGEST = 200_000  # characters of a source: a mail's HTML; what a text may have its author is told elsewhere
LONGEST_TAG = 500  # characters; the library's time for a tag grows with the square of its length
LONGEST_WRITTEN = 1_000_000  # bytes
CLOSING = {"{{": "}}", "{%": "%}"}
OPENING = re.compile("|".join(map(re.escape, CLOSING)))
TITLE = "This text can't be used"
TAGS = ("if", "unless", "case", "comment")
FILTERS = (
    *("default", "date", "capitalize", "upcase", "downcase", "strip", "append", "prepend", "remove"),
    *("truncate", "truncatewords", "url_encode"),
)


def _date(value: object, form: object = None) -> object:
    """An ISO date in another form (strftime's letters); anything else as it is.

    The library's own guesses at what a date may be, and knows the server's clock.
    """
    if not isinstance(value, str) or not isinstance(form, str):
        return value
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    return type(form)(day.strftime(form))  # Markup stays Markup: in HTML the form is the author's


class _Liquid(Environment):
    """The library with our tags and filters, and no others."""

    block_nesting_limit = 10
    output_stream_limit = LONGEST_WRITTEN
    # Nothing here can loop or assign; if a release of the library brings a way, it ends at once.
    loop_iteration_limit = 1
    local_namespace_limit = 1

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        tags = (TOKEN_CONTENT, TOKEN_OUTPUT, TOKEN_ILLEGAL, *TAGS)
        self.tags = {name: self.tags[name] for name in tags}
        # Not `safe`, which would end escaping; not `replace`, which doubles a text each time it is used.
        self.filters = {name: self.filters[name] for name in FILTERS} | {"date": _date}

    def error(
        self, exc: type[LiquidError] | LiquidError, msg: str | None = None, token: Token | None = None
    ) -> None:
        """Puts the tag in place of a position the library doesn't know, so that there is a line to name."""
        if isinstance(exc, LiquidError) and (exc.token is None or exc.token.start_index < 0):
            exc.token = token
        super().error(exc, msg, token)


PLAIN, HTML = _Liquid(), _Liquid(autoescape=True)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that has been checked. `fields` are the names of the values it uses."""

    source: str
    fields: frozenset[str]
    _plain: _Form = field(repr=False, compare=False)
    _html: _Form = field(repr=False, compare=False)

    def render(self, values: Mapping[str, Value]) -> str:
        """A missing value is empty, or what `default` names. Raises InvalidInput where values don't fit the text."""
        return self._write(self._plain, values)

    def render_html(self, values: Mapping[str, Value]) -> str:
        """The source is HTML, the values aren't: they come out escaped."""
        return self._write(self._html, values)

    def _write(self, form: _Form, values: Mapping[str, Value]) -> str:
        # Only what it uses, and None for what is missing: nothing else can be reached from a text.
        used = {name: _plain_lines(values.get(name)) for name in self.fields}
        try:
            return form.write(used)
        except Exception as error:
            # Whatever a value does to a filter, it is this one text that can't be written, not the whole batch.
            raise _wrong(self.source, error) from error


@dataclass(frozen=True, slots=True)
class _Form:
    template: BoundTemplate
    parts: tuple[Part, ...] | None  # of a text that only needs to be joined, in a quarter of the time

    @classmethod
    def of(cls, template: BoundTemplate) -> _Form:
        parts = tuple(_part(node, template.env.autoescape) for node in template.nodes)
        return cls(template, tuple(part for part in parts if part is not None) if None not in parts else None)

    def write(self, values: Mapping[str, Any]) -> str:
        if self.parts is None:
            return self.template.render(values)
        escaping = self.template.env.autoescape
        text = "".join(
            part if isinstance(part, str) else to_liquid_string(_filled(part, values), escaping)
            for part in self.parts
        )
        if len(text) * 4 > LONGEST_WRITTEN and len(text.encode()) > LONGEST_WRITTEN:
            raise OutputStreamLimitError("output stream limit reached", token=None)
        return text


@lru_cache(maxsize=1_000)
def compile_text(source: str) -> Text:
    """Raises InvalidInput with the line of a mistake, of a tag or filter there isn't, and for a source too long."""
    if len(source) > LONGEST:
        raise InvalidInput(
            f"It has {len(source):,} characters, and at most {LONGEST:,} are sent.", "Shorten it", title=TITLE
        )
    source = _plain_lines(source)
    try:
        _require_closed(source)
        plain, html = PLAIN.from_string(source), HTML.from_string(source)
        fields = _fields(plain)
    except Exception as error:  # also RecursionError, and what a literal does to a filter
        raise _wrong(source, error) from error
    return Text(source, fields, _Form.of(plain), _Form.of(html))


def check(source: str, known: Iterable[str]) -> None:
    """Raises InvalidInput for a source that can't be compiled, and for fields nobody has."""
    names = sorted(known)
    unknown = sorted(compile_text(source).fields.difference(names))
    if not unknown:
        return
    near = {name: get_close_matches(name, names, 1) for name in unknown}
    told = [
        f"“{name[:60]}”" + (f" (did you mean {near[name][0]}?)" if near[name] else "") for name in unknown
    ]
    raise InvalidInput(
        f"There is no field {', '.join(told)}.",
        f"Correct the name, or take one of these: {', '.join(names)}",
        title=TITLE,
    )


def _require_closed(source: str) -> None:
    end = 0
    while opening := OPENING.search(source, end):
        closing = CLOSING[opening[0]]
        end = source.find(closing, opening.end())
        token = Token("", opening[0], opening.start(), source)
        if end < 0:
            raise LiquidSyntaxError(f"{opening[0]} isn't closed by {closing}", token=token)
        if end - opening.start() > LONGEST_TAG:
            raise LiquidSyntaxError(
                f"between {opening[0]} and {closing} are too many characters", token=token
            )


def _fields(template: BoundTemplate) -> frozenset[str]:
    """Every name a text uses. What no value could mend is found here, and not in the first message that meets it."""
    context = RenderContext(template)
    expressions = list(_expressions(template.nodes, context))
    names = frozenset(_names(expressions))
    context = RenderContext(template, globals=dict.fromkeys(names))
    for expression in expressions:
        expression.evaluate(context)
    return names


def _names(expressions: Iterable[Expression]) -> Iterator[str]:
    for part in (part for expression in expressions for part in _with_children(expression)):
        if isinstance(part, RangeLiteral):
            # To look for a word in (1..9999999999) would take hours.
            raise LiquidSyntaxError("a range can't be used", token=part.token)
        if isinstance(part, Path):
            if not isinstance(part.path[0], str):
                raise LiquidSyntaxError("a field is written without brackets", token=part.token)
            yield part.path[0]


def _expressions(nodes: Iterable[Node], context: RenderContext) -> Iterator[Expression]:
    for node in nodes:
        yield from node.expressions()
        yield from _expressions(node.children(context), context)


def _with_children(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _with_children(child)


def _part(node: Node, escaping: bool) -> Part | None:
    """What a node needs no library for: text, `{{ field }}` and `{{ field | default: "word" }}`."""
    match node:
        case ContentNode(text=text):
            return text
        case OutputNode(expression=FilteredExpression(left=Path(path=[str(name)]), filters=filters)):
            match filters:
                case None | []:
                    return name, None
                case [Filter(name="default", args=[PositionalArgument(value=StringLiteral(value=word))])]:
                    return name, Markup(word) if escaping else word
    return None


def _filled(part: tuple[str, str | None], values: Mapping[str, Any]) -> object:
    name, word = part
    return values[name] if word is None else default(values[name], word)


def _plain_lines(value: Any) -> Any:
    """One line break for all: forms send \\r\\n, and each \\r would count as a character of an SMS."""
    if isinstance(value, str) and "\r" in value:
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return value


def _wrong(source: str, error: Exception) -> InvalidInput:
    token = getattr(error, "token", None) or Token("", "", -1, source)
    where = f"Line {source.count(chr(10), 0, token.start_index) + 1}: " if token.start_index >= 0 else ""
    what = str(getattr(error, "message", "") or "it doesn't fit the contact's values")
    next_step = (
        'Write fields like {{ first_name | default: "there" }}, and conditions like {% if city %}…{% endif %}'
    )
    if what.startswith("unexpected tag"):
        what, next_step = f"{{% {token.value} %}} can't be used here", f"The tags are {', '.join(TAGS[:3])}"
    elif "positional argument" in what or "keyword argument" in what:
        what = f"the filter {token.value} is given too few or too many values"
    elif "not supported between" in what:
        what, next_step = "a number and a word are compared", 'Compare a number with 10, a word with "10"'
    elif isinstance(error, UnknownFilterError):
        next_step = f"The filters are {', '.join(FILTERS)}"
    elif isinstance(error, OutputStreamLimitError):
        what, next_step = f"with its values it has more than {LONGEST_WRITTEN:,} bytes", "Shorten it"
    return InvalidInput(f"{where}{what}.", next_step, title=TITLE)
