"""The door: every check by itself, so that none can be taken away unnoticed; sessions, codes and tokens."""

import datetime as dt
import hashlib
import itertools
import re
from pathlib import Path

import pytest

from ain_scp.console.door import CSRF, MAX_BODY, MOST_BUSY, Asked, refusal
from ain_scp.console.sessions import CODE_S, IDLE_S, LONGEST_S, MOST_WRONG, Identity, Session, Sessions
from ain_scp.console.tokens import read_tokens, token_of
from ain_scp.provisioning.problems import ProvisioningError

STATIC = Path(__file__).parent.parent.parent
HOSTS = frozenset({"127.0.0.1", "localhost"})
HOST = "127.0.0.1:8640"
WRITE = {
    "host": HOST,
    "origin": f"http://{HOST}",
    "content-type": "application/json",
    "content-length": "2",
    CSRF: "c" * 8,
}


def session(role="operator", *, busy=0):
    return Session(Identity("n", role), "agent", 0.0, 0.0, "c" * 8, busy)


def status(method="GET", path="/calls", headers=None, who=None, roles=("operator",)):
    found = refusal(Asked(method, path, {"host": HOST} if headers is None else headers), who, roles, HOSTS)
    return None if found is None else found[0]


def test_a_reader_with_the_role_is_let_in_and_the_owner_everywhere():
    assert status(who=session()) is None
    assert status(who=session("owner"), roles=()) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8640", "127.0.0.1.evil.example", "", "127.0.0.2"]
)
def test_a_host_that_is_not_ours_is_refused_even_with_a_session(host):
    assert status(headers={"host": host}, who=session()) == 403


def test_a_stranger_is_told_to_log_in_everywhere_known_or_not():
    assert status() == status(path="/nothing", roles=None) == 401
    assert status(path="/login", roles=None) is None


def test_what_is_not_for_a_role_is_not_there():
    assert status(who=session("viewer")) == status(who=session(), roles=None) == 404


def test_a_write_from_a_page_of_ours_is_let_in():
    assert status("POST", headers=WRITE, who=session()) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origin", "http://evil.example"), ("origin", f"https://{HOST}"), ("origin", "null"), ("origin", None), ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"), ("content-type", "text/plain"), ("content-type", None), ("content-length", None),
        ("content-length", str(MAX_BODY + 1)), ("content-length", "-1"), (CSRF, "wrong"), (CSRF, None),
    ],
)  # fmt: skip
def test_each_sign_of_a_forged_write_is_enough(name, value):
    headers = {key: text for key, text in {**WRITE, name: value}.items() if text is not None}
    assert status("POST", headers=headers, who=session()) == 403
    assert status("DELETE", headers=headers, who=session()) == 403


def test_the_login_itself_must_come_from_our_page():
    assert status("POST", "/api/login", WRITE, None, None) is None
    assert status("POST", "/api/login", {**WRITE, "origin": "http://evil.example"}, None, None) == 403


def test_a_session_that_asks_too_much_at_once_waits():
    assert status(who=session(busy=MOST_BUSY)) == 429


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    numbers = itertools.count(1)
    return Sessions(clock, lambda length: hashlib.sha512(b"%d" % next(numbers)).digest()[:length])


def test_the_code_is_good_once(sessions):
    code = sessions.new_code()
    assert re.fullmatch("[A-Z2-9]{10}", code)
    assert sessions.by_code(code.lower() + " ").role == "owner"
    assert sessions.by_code(code) is None


def test_the_code_ends_in_ten_minutes_and_after_five_wrong_tries(sessions, clock):
    code = sessions.new_code()
    clock.now = CODE_S + 1
    assert sessions.by_code(code) is None
    code = sessions.new_code()
    for _ in range(MOST_WRONG):
        assert sessions.by_code("wrong") is None
    assert sessions.by_code(code) is None
    assert sessions.by_code("") is None


def test_a_session_ends_idle_late_elsewhere_and_when_told(sessions, clock):
    who = Identity("n", "viewer")
    for end in ("idle", "late", "elsewhere", "told"):
        secret = sessions.open(who, "agent")
        assert sessions.find(secret, "agent").identity == who
        if end == "idle":
            clock.now += IDLE_S + 1
        elif end == "late":
            for _ in range(int(LONGEST_S / IDLE_S) + 1):
                clock.now += IDLE_S - 1
                sessions.find(secret, "agent")
        elif end == "elsewhere":
            assert sessions.find(secret, "another browser") is None
        else:
            sessions.close(secret)
        assert sessions.find(secret, "agent") is None, end


def test_the_secret_is_kept_nowhere(sessions):
    secret = sessions.open(Identity("n", "viewer"), "agent")
    assert secret not in repr(vars(sessions))


def tokens(tmp_path, *rows, mode=0o600):
    path = tmp_path / "tokens.toml"
    path.write_text("schema = 1\n" + "\n".join(f"[[token]]\n{row}" for row in rows))
    path.chmod(mode)
    return path


DIGEST = hashlib.sha256(b"secret").hexdigest()


def test_a_token_is_known_by_its_digest_until_its_day(tmp_path):
    rows = read_tokens(
        tokens(
            tmp_path,
            f'name = "desk"\nsha256 = "{DIGEST}"\nrole = "customer"\ncustomer = "GOLDEN"\nmask = true\nuntil = 2027-01-01',
        )
    )
    token = token_of(rows, "secret", dt.date(2026, 12, 31))
    assert token.identity() == Identity("desk", "customer", "GOLDEN", mask=True)
    assert token_of(rows, "secret", dt.date(2027, 1, 1)) is None
    assert token_of(rows, "Secret", dt.date(2026, 1, 1)) is None


def test_every_problem_of_the_tokens_file_is_named_at_once(tmp_path):
    path = tokens(
        tmp_path,
        'name = "a"\nsha256 = "x"\nrole = "king"\ncolour = 1',
        'name = "a"\nsha256 = "y"\nrole = "customer"',
    )
    with pytest.raises(ProvisioningError) as found:
        read_tokens(path)
    text = str(found.value)
    for word in (
        "unknown key colour",
        "role: one of",
        "64 hexadecimal",
        "needs customer",
        "two tokens are named a",
    ):
        assert word in text


def test_a_tokens_file_that_others_can_read_is_refused(tmp_path):
    with pytest.raises(ProvisioningError, match="chmod 600"):
        read_tokens(tokens(tmp_path, f'name = "a"\nsha256 = "{DIGEST}"', mode=0o640))


FORBIDDEN = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "http://",
    "https://",
)


@pytest.mark.parametrize(
    "path", [*STATIC.glob("console/static/*"), *STATIC.glob("reports/static/*")], ids=lambda path: path.name
)
def test_no_script_writes_markup_and_none_asks_elsewhere(path):
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert [word for word in FORBIDDEN if word in text] == []
    assert not re.search(r"<[a-z]+[^>]* on[a-z]+=", text)


def test_all_static_files_together_stay_small():
    """All pages together stay below 120 kB, plain: what two pages do alike stands once, in parts.js or main.js."""
    files = [*STATIC.glob("console/static/*"), *STATIC.glob("reports/static/*")]
    assert sum(path.stat().st_size for path in files) < 120_000
