"""A layout file with mistakes: each is named with its line, all at once."""

import pytest

from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.tickets.layout.library import FOLDER, names, shipped
from ain_scp.tickets.layout.parsing import parse
from ain_scp.tickets.site import SiteError, read_site

GOOD = (FOLDER / "keyvalue.toml").read_text()
MISTAKES = [
    ('kind = "keyvalue"', 'kind = "guess"', "one of fixed"),
    ("schema = 1", "schema = 2", "expected schema = 1"),
    ('name = "keyvalue"', 'name = "Key Value"', "a-z 0-9"),
    ('encoding = "utf-8"', 'encoding = "utf-99"', "no encoding of text"),
    ('separator = " "', 'seperator = " "', "no such key"),
    ('means = "start"', 'means = "begin"', "one of start"),
    ('type = "iso8601"', 'type = "time"', "one of text"),
    ('is = { field = "direction" }', 'is = { field = "way" }', "no field of this layout"),
    ("if = { duration_over = 0 }", "if = { talked = [1] }", "no field of this layout"),
    ('key = ["id", "start", "calling", "called"]', 'key = "id"', "a list of texts"),
    ('BUSY = { status = ["BUSY"] }', 'LATE = { status = ["BUSY"] }', "no such key"),
    ('extension = "extension"', "extension = { of = 3 }", "no field of this layout"),
]


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES)
def test_a_mistake_is_named_with_its_line(old, new, words):
    assert old in GOOD
    with pytest.raises(ProvisioningError) as caught:
        parse(GOOD.replace(old, new, 1), "x.toml", shipped)
    line = GOOD[: GOOD.index(old)].count("\n") + 1
    assert any(problem.line == line and words in problem.text for problem in caught.value.problems)


def test_all_mistakes_are_named_at_once():
    text = GOOD
    for old, new, _words in MISTAKES[:5]:
        text = text.replace(old, new, 1)
    with pytest.raises(ProvisioningError) as caught:
        parse(text, "x.toml", shipped)
    assert len(caught.value.problems) >= 5


def test_rules_may_be_borrowed_but_not_from_a_layout_with_other_fields():
    with pytest.raises(ProvisioningError, match="ask for fields that are not here"):
        parse(
            GOOD.partition("[[direction]]")[0].replace("kind =", 'rules = "nec-sl"\nkind =', 1),
            "x.toml",
            shipped,
        )
    assert shipped("avaya-cm-int-isdn").directions == shipped("avaya-cm-teleseer").directions


def test_shipped_layouts_say_where_their_facts_are_from():
    assert all(shipped(name).basis and shipped(name).title for name in names())


@pytest.mark.parametrize(
    "text",
    [
        'name = "x"',
        'name = "x"\nzone = "Mars/Olympus"',
        'name = "x"\nzone = "UTC"\nextensions = ["2yy"]',
        "colour = 1",
        "]",
    ],
)
def test_a_site_that_cannot_be_used_is_refused(text):
    with pytest.raises(SiteError, match=r"site\.toml"):
        read_site(text)
