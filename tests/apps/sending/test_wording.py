"""Texts with a contact's own values: what authors may write, and what can never come out."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopline.apps.sending import wording
from stopline.apps.sending.wording import FILTERS, LONGEST_WRITTEN, TAGS, check, compile_text
from stopline.rules.errors import InvalidInput

KNOWN = ["account_name", "city", "email", "first_name", "last_name", "phone", "points"]
settings.register_profile("wording", deadline=None)
settings.load_profile("wording")

names = st.sampled_from(["first_name", "city", "points", "now", "__class__"])
words = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>&'\"\r\n{}%|"), max_size=30)
values = st.dictionaries(
    names, st.none() | words | st.integers() | st.floats(allow_nan=False) | st.booleans()
)
literals = st.text(st.sampled_from("ab &<>\r\n;.%"), max_size=8)
filters = st.sampled_from(
    (
        *("upcase", "downcase", "capitalize", "strip", "url_encode", "truncate: 5", "truncatewords: 1"),
        *('default: "you"', 'date: "%d.%m.%Y"', "date: city"),
        *("append: city", "prepend: first_name", 'remove: "&"'),
    )
)
outputs = st.builds(
    lambda name, tail: f"{{{{ {' | '.join([name, *tail])} }}}}", names, st.lists(filters, max_size=4)
)
simple = st.builds(
    lambda name, end: f"{{{{ {name}{end} }}}}", names, st.sampled_from(["", ' | default: "<you>"'])
)
conditions = st.builds(
    lambda tag, name, test, inside: f"{{% {tag} {name}{test} %}}{inside}{{% else %}}-{{% end{tag} %}}",
    st.sampled_from(["if", "unless"]),
    names,
    st.sampled_from(["", ' == "a"', ' contains "b"', " == 3", " != city"]),
    outputs | literals,
)


def source_of(*parts):
    return st.lists(st.one_of(*parts), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ("Hi there", {}, "Hi there"),
        ("", {}, ""),
        ("Hi {{ first_name }}!", {"first_name": "Ada"}, "Hi Ada!"),
        ("Hi {{first_name}}!", {"first_name": "Ada"}, "Hi Ada!"),
        ("Hi {{ first_name }}!", {}, "Hi !"),
        ("Hi {{ first_name }}!", {"first_name": None}, "Hi !"),
        ('Hi {{ first_name | default: "there" }}!', {"first_name": "Ada"}, "Hi Ada!"),
        ('Hi {{ first_name | default: "there" }}!', {}, "Hi there!"),
        ('Hi {{ first_name | default: "there" }}!', {"first_name": ""}, "Hi there!"),
        ("Hi {{ first_name | default: 'there' | upcase }}!", {}, "Hi THERE!"),
        ('{{ points | default: "no" }} points', {"points": 0}, "0 points"),
        ("{{ points }} points", {"points": 12.5}, "12.5 points"),
        ("{% if points > 100 %}Gold{% else %}Silver{% endif %}", {"points": 101}, "Gold"),
        ("{% if points > 100 %}Gold{% else %}Silver{% endif %}", {}, "Silver"),
        ('{% if city == "Graz" %}Servus{% elsif city %}Hi{% else %}-{% endif %}', {"city": "Rome"}, "Hi"),
        ("{% unless city %}Where are you?{% endunless %}", {}, "Where are you?"),
        ('{% case city %}{% when "Graz", "Wien" %}A{% else %}B{% endcase %}', {"city": "Wien"}, "A"),
        ("a{% comment %}{{ nothing }}{% endcomment %}b", {}, "ab"),
        ("{% if city -%}  {{ city }}  {%- endif %}", {"city": "Graz"}, "Graz"),
        ('{{ born | date: "%d.%m.%Y" }}', {"born": "1990-05-03"}, "03.05.1990"),
        ('{{ born | date: "%d %B" }}', {"born": "1990-05-03"}, "03 May"),
        ('{{ born | date: "%d.%m.%Y" }}', {"born": "soon"}, "soon"),
        ('{{ born | date: "%d.%m.%Y" | default: "?" }}', {}, "?"),
        ("{{ customer-number }}", {"customer-number": 7}, "7"),
        ("{{ 2nd_name }}", {"2nd_name": "Eve"}, "Eve"),
        (
            "https://x.test/?c={{ city | url_encode }}",
            {"city": "São Paulo"},
            "https://x.test/?c=S%C3%A3o+Paulo",
        ),
        ("one\r\ntwo {{ city }}", {"city": "a\rb"}, "one\ntwo a\nb"),
        ("{{ city }}", {"city": "{{ first_name }}", "first_name": "Ada"}, "{{ first_name }}"),
        ("50 % off } for { you", {}, "50 % off } for { you"),
    ],
)
def test_a_text_is_written_with_the_values_there_are(source, values, text):
    assert compile_text(source).render(values) == text


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<b>{{ first_name }}</b>", "<b>&lt;i&gt; &amp; &#34;you&#34;</b>"),
        ('<b>{{ city | default: "<i>here</i>" }}</b>', "<b><i>here</i></b>"),
        ('<b>{{ first_name | append: "<br>" }}</b>', "<b>&lt;i&gt; &amp; &#34;you&#34;<br></b>"),
        ('{{ "1990-05-03" | date: first_name }}', "&lt;i&gt; &amp; &#34;you&#34;"),
        ('{{ "1990-05-03" | date: "%Y&nbsp;%B" }}', "1990&nbsp;May"),
        ("{% if first_name %}{{ first_name | upcase }}{% endif %}", "&lt;I&gt; &amp; &#34;YOU&#34;"),
    ],
)
def test_in_html_values_are_escaped_and_what_the_author_wrote_is_not(source, html):
    assert compile_text(source).render_html({"first_name": '<i> & "you"'}) == html


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("Hi\n{{ first_name", "Line 2: {{ isn't closed by }}"),
        ("Hi\n\n{% if city", "Line 3: {% isn't closed by %}"),
        ("Hi {{ }}", "Line 1: "),
        ("Hi\n{{ first name }}", "Line 2: "),
        ("{% if city %}Hi", "endif"),
        ("Hi {% endif %}", "Line 1: {% endif %} can't be used here"),
        ("Hi\n{{ city | shout }}", "Line 2: unknown filter 'shout'"),
        ("{{ city | append }}", "the filter append is given too few"),
        (
            "{% if city %}{{ city | truncate: 1, 2, 3 }}{% endif %}",
            "the filter truncate is given too few or too many",
        ),
        ('{% if "a" > 3 %}{% endif %}', "Line 1: "),
        ("{{ [city] }}", "without brackets"),
        ('{% if (1..9999999999) contains "x" %}{% endif %}', "range"),
        ("{{ city }}" + "{% if city %}" * 11 + "{% endif %}" * 11, "nesting"),
        ("{{ " + "a" * 501 + " }}", "too many characters"),
        ("x" * 200_001, "200,001 characters"),
    ],
)
def test_a_mistake_is_told_with_its_line_before_anything_is_sent(source, told):
    with pytest.raises(InvalidInput, match=re.escape(told)) as refusal:
        compile_text(source)

    assert refusal.value.next_step


@pytest.mark.parametrize(
    "tag",
    [
        "for x in city",
        "tablerow x in city",
        'include "a"',
        'render "a"',
        "capture x",
        "assign x = 1",
        "increment x",
        "decrement x",
        'cycle "a", "b"',
        "liquid echo city",
        "echo city",
        "ifchanged",
        "break",
        "doc",
        "# note",
    ],
)
def test_nothing_loops_assigns_or_loads(tag):
    with pytest.raises(InvalidInput, match=r"can't be used here|expected tag"):
        compile_text(f"{{% {tag} %}}")


@pytest.mark.parametrize(
    "name", ["safe", "replace", "split", "join", "map", "strip_html", "base64_decode", "times"]
)
def test_filters_that_end_escaping_or_multiply_a_text_are_not_there(name):
    with pytest.raises(InvalidInput, match="unknown filter"):
        compile_text(f"{{{{ city | {name} }}}}")


@pytest.mark.parametrize(
    "hard", ["{{" + " " * 9_900, "{{" * 5_000, "{%" * 5_000, "{{ '" * 2_500, "{% raw %}" * 1_100]
)
def test_no_source_keeps_the_author_waiting(hard):
    """The library alone takes seconds for the first two; pytest would be seen to hang here."""
    with pytest.raises(InvalidInput):
        compile_text(hard)


def test_it_tells_the_fields_it_uses_wherever_they_stand():
    text = compile_text(
        "{{ a | append: b }}{% if c == d and e %}{% case f %}{% when g %}{{ h.size }}{% endcase %}{% endif %}"
        "{% comment %}{{ not_this }}{% endcomment %}{% raw %}{{ nor_this }}{% endraw %}"
    )

    assert text.fields == set("abcdefgh")


def test_an_unknown_field_is_told_with_the_one_that_was_meant():
    check("Hi {{ first_name }} of {{ city }}", KNOWN)

    with pytest.raises(InvalidInput) as refusal:
        check("Hi {{ first_nme }}, {{ contact.email }} {{ xyz }}", KNOWN)

    assert "“first_nme” (did you mean first_name?)" in refusal.value.detail
    assert "“contact”" in refusal.value.detail and "“xyz”." in refusal.value.detail
    assert "points" in refusal.value.next_step


@pytest.mark.parametrize(
    "attempt",
    [
        "contact.__class__",
        "first_name.__class__",
        'first_name["__class__"]',
        "first_name.format",
        "first_name[0]",
        "now",
        "today",
        "self",
        "settings.SECRET_KEY",
        "first_name.__class__.__mro__[1]",
        "forloop.index",
        "city[email]",
    ],
)
def test_nothing_but_the_values_can_be_reached(attempt):
    text = compile_text(f"[{{{{ {attempt} }}}}]")

    assert text.render({"first_name": "Ada", "city": "Graz", "email": "size"}) in ("[]", "[4]")
    assert text.render({"email": "a"}) == "[]"


def test_values_that_do_not_fit_cost_one_message_with_its_reason():
    text = compile_text("\n{% if points > 100 %}Gold{% endif %}")

    with pytest.raises(InvalidInput, match="Line 2"):
        text.render({"points": "many"})


def test_what_comes_out_is_bounded():
    for source in ("{{ city }}" * 5_000, "{% if city %}" + "{{ city }}" * 5_000 + "{% endif %}"):
        with pytest.raises(InvalidInput, match="bytes"):
            compile_text(source).render({"city": "x" * 1_000})


def test_the_page_for_authors_names_every_filter_and_tag_and_its_example_works():
    page = (Path(__file__).parents[3] / "docs/personalisation.md").read_text()
    (example,) = re.findall(r"^```\n(.*?)\n```$", page, re.MULTILINE | re.DOTALL)

    assert set(re.findall(r"`([a-z_]+)`", page.partition("## Filters")[2].partition("##")[0])) == set(FILTERS)
    assert all(f"{{% {tag}" in page for tag in TAGS)
    assert compile_text(example).render({"order_number": 7}) == "Hi there, your order 7 is ready."


def test_a_text_is_compiled_once():
    assert compile_text("Hi {{ city }}") is compile_text("Hi {{ city }}")


@given(source_of(literals, simple), values)
def test_joining_gives_exactly_what_the_library_gives(source, values):
    text = compile_text(source)
    used = {name: wording._plain_lines(values.get(name)) for name in text.fields}

    for form in (text._plain, text._html):
        assert form.parts is not None
        assert form.write(used) == form.template.render(used)


@given(source_of(literals, outputs, conditions), values)
def test_every_text_is_written_or_refused_in_words(source, values):
    text = compile_text(source)

    assert text.fields <= {"first_name", "city", "points", "now", "__class__"}
    for render in (text.render, text.render_html):
        try:
            assert len(render(values).encode()) <= LONGEST_WRITTEN
        except InvalidInput as refusal:
            assert refusal.detail and refusal.next_step


@given(st.text(st.sampled_from("{}%|-:.\"' ()[]aif\n") | st.characters(), max_size=60))
def test_any_source_is_compiled_or_refused_in_words(source):
    try:
        text = compile_text(source)
    except InvalidInput as refusal:
        assert refusal.detail and refusal.next_step
    else:
        assert isinstance(text.render({}), str)


@given(source_of(st.sampled_from(["a", " b"]), outputs, conditions), values)
def test_no_value_brings_markup_into_html(source, values):
    try:
        html = compile_text(re.sub("[<>]", "", source)).render_html(values)
    except InvalidInput:
        return

    assert not set(html) & set("<>\"'"), html


@given(values)
def test_missing_values_never_raise(values):
    text = compile_text(
        '{{ first_name | default: "you" | upcase }}{{ city | truncate: 3 }}{% if points %}{{ points }}{% endif %}'
    )

    assert isinstance(text.render(values), str)
