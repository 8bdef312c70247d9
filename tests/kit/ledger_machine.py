"""All verbs of a ledger in any order against a plain model that keeps lists and adds them up anew each time.

A subclass says where the ledger is kept: `open`, `lose`, `recovered`.

Source: charging.md 11.1 (I1 to I7, I13).
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ain_scp.billing.ledger import verbs
from ain_scp.billing.ledger.check import digest, problems
from ain_scp.billing.ledger.record import Code, Terms, Transfer, customer

NAMES = [customer(name) for name in "ABC"]
TERMS = {NAMES[0]: Terms("USD"), NAMES[1]: Terms("USD", 500), NAMES[2]: Terms("USD", 200, 100)}
OPENING = dict(zip(NAMES, (1000, 0, -150), strict=True))
names = st.sampled_from(NAMES)
money = st.sampled_from([0, 1, 50, 99, 100, 101, 150, 200, 300, 301, 500, 501, 700])
some = money.filter(bool)
keys = st.integers(0, 6)


class Books:
    """The plain model: payments and charges in a list, open reservations in a dict, answers by key for ever."""

    def __init__(self):
        self.moves = list(OPENING.items())
        self.open = {}
        self.answers = {}

    def posted(self, name):
        return sum(amount for who, amount in self.moves if who == name)

    def reserved(self, name):
        return sum(amount for who, amount, _ in self.open.values() if who == name)

    def room(self, name):
        terms = TERMS[name]
        return self.posted(name) - self.reserved(name) + terms.credit_limit + terms.overrun

    def once(self, key, content, act):
        """What is said to a request: the first time by `act`; kept only when it had an effect or was INSUFFICIENT."""
        if key in self.answers:
            known, reason = self.answers[key]
            return reason if known == content else "KEY_REUSED"
        reason = act()
        if reason in ("", "INSUFFICIENT"):
            self.answers[key] = (content, reason)
        return reason


class LedgerMachine(RuleBasedStateMachine):
    """A ledger, and the books beside it."""

    def __init__(self):
        super().__init__()
        self.now = 0
        self.opened = self.open()
        self.books = Books()
        for name in NAMES:
            verbs.open_account(self.ledger, name, TERMS[name], 0, OPENING[name])

    def open(self):
        """The ledger, recovered."""
        raise NotImplementedError

    def lose(self, keep):
        """The process and the machine are gone; `keep` octets of what was being written survive."""
        raise NotImplementedError

    def recovered(self):
        """A copy, made of what is kept."""
        raise NotImplementedError

    @property
    def ledger(self):
        """The ledger, when it alone decides."""
        self.opened.enter()
        return self.opened

    @rule(key=keys, name=names, amount=some)
    def deposit(self, key, name, amount):
        def act():
            self.books.moves.append((name, amount))
            return ""

        said = verbs.transfer(
            self.ledger, f"d{key}", (Transfer("cash:payments", name, amount, Code.DEPOSIT),), self.now
        )
        assert said.reason == self.books.once(f"d{key}", (name, amount), act)

    @rule(key=keys, name=names, amount=some)
    def owe(self, key, name, amount):
        """A record: posted whatever the balance."""

        def act():
            self.books.moves.append((name, -amount))
            return ""

        owed = (Transfer(name, "revenue:usage", amount, Code.USAGE),)
        said = verbs.transfer(self.ledger, f"u{key}", owed, self.now)
        assert said.reason == self.books.once(f"u{key}", (name, amount), act)

    @rule(key=keys, name=names, amount=some)
    def purchase(self, key, name, amount):
        def act():
            if self.books.room(name) - TERMS[name].overrun < amount:
                return "INSUFFICIENT"
            self.books.moves.append((name, -amount))
            return ""

        bought = (Transfer(name, "revenue:purchases", amount, Code.PURCHASE),)
        said = verbs.transfer(self.ledger, f"p{key}", bought, self.now, "PURCHASE")
        assert said.reason == self.books.once(f"p{key}", (name, amount), act)

    @rule(key=keys, name=names, amount=money, lasts=st.integers(1, 40))
    def reserve(self, key, name, amount, lasts):
        def act():
            if amount > max(self.books.room(name), 0):
                return "INSUFFICIENT"
            self.books.open[f"r{key}"] = (name, amount, self.now + lasts)
            return ""

        said = verbs.reserve(self.ledger, f"r{key}", name, amount, self.now + lasts, self.now)
        assert said.reason == self.books.once(f"r{key}", (name, amount), act)

    @rule(
        key=keys,
        which=keys,
        more=money.flatmap(lambda amount: st.sampled_from([amount, -amount])),
        lasts=st.integers(1, 40),
    )
    def extend(self, key, which, more, lasts):
        def act():
            held = self.books.open.get(f"r{which}")
            if held is None:
                return "NOT_OPEN"
            if held[1] + more < 0:
                return "EXCEEDS_RESERVATION"
            if more > 0 and more > self.books.room(held[0]):
                return "INSUFFICIENT"
            self.books.open[f"r{which}"] = (held[0], held[1] + more, self.now + lasts)
            return ""

        said = verbs.extend(self.ledger, f"e{key}", f"r{which}", more, self.now + lasts, self.now)
        assert said.reason == self.books.once(f"e{key}", (which, more), act)

    @rule(key=keys, which=keys, amount=money)
    def commit(self, key, which, amount):
        def act():
            held = self.books.open.get(f"r{which}")
            if held is None:
                return "NOT_OPEN"
            if amount > held[1]:
                return "EXCEEDS_RESERVATION"
            del self.books.open[f"r{which}"]
            self.books.moves.append((held[0], -amount))
            return ""

        said = verbs.commit(self.ledger, f"c{key}", f"r{which}", amount, self.now)
        assert said.reason == self.books.once(f"c{key}", (which, amount), act)

    @rule(key=keys, which=keys, amount=money, proven=st.booleans())
    def settle(self, key, which, amount, proven):
        """A charge that may be above what is held: owed when proven, else to the floor."""

        def act():
            held = self.books.open.pop(f"r{which}", None)
            if held is None:
                return "NOT_OPEN"
            most = amount if proven else max(self.books.room(held[0]), held[1])
            self.books.moves.append((held[0], -min(amount, most)))
            return ""

        said = verbs.settle(self.ledger, f"s{key}", f"r{which}", amount, self.now, proven=proven)
        assert said.reason == self.books.once(f"s{key}", (which, amount, proven), act)

    @rule(key=keys, which=keys)
    def release(self, key, which):
        def act():
            return "" if self.books.open.pop(f"r{which}", None) else "NOT_OPEN"

        assert verbs.release(self.ledger, f"l{key}", f"r{which}", self.now).reason == self.books.once(
            f"l{key}", which, act
        )

    @rule(key=keys, name=names, amount=st.integers(-300, 300))
    def adjust(self, key, name, amount):
        def act():
            self.books.moves.append((name, amount))
            return "" if amount else "AMOUNT"

        said = verbs.adjust(self.ledger, f"a{key}", name, amount, "why", self.now)
        assert said.reason == self.books.once(f"a{key}", (name, amount), act)

    @rule(later=st.integers(0, 30))
    def time_passes(self, later):
        self.now += later
        verbs.expire(self.ledger, self.now)
        self.books.open = {key: held for key, held in self.books.open.items() if held[2] > self.now}

    @rule()
    def goes_back(self):
        """A clock that goes back changes nothing."""
        before = digest(self.ledger)
        if self.ledger.now_ms:
            assert (
                verbs.adjust(self.ledger, "x", NAMES[0], 1, "", self.ledger.now_ms - 1).reason == "CLOCK_BACK"
            )
        assert digest(self.ledger) == before

    @rule(name=names)
    def period_closes(self, name):
        verbs.close_period(self.ledger, name, "2001-02-01", self.now)
        assert self.ledger.accounts[name].used == 0

    @rule(keep=st.integers(0, 400))
    def power_is_lost(self, keep):
        """After a commit nothing is lost, however much of a torn tail survives."""
        self.ledger.commit(self.now)
        before = digest(self.opened)
        self.lose(keep)
        self.opened = self.open()
        assert digest(self.ledger) == before

    @invariant()
    def the_books_agree(self):
        for name in NAMES:
            account = self.ledger.accounts[name]
            assert (account.posted, account.reserved) == (self.books.posted(name), self.books.reserved(name))
        assert {name: held.amount for name, held in self.ledger.reservations.items()} == {
            name: held[1] for name, held in self.books.open.items()
        }
        assert problems(self.ledger) == []

    def teardown(self):
        """The balances are asked from what is kept too, not from memory alone."""
        self.ledger.close(self.now)
        again = self.recovered()
        assert digest(again) == digest(self.opened)
        assert problems(again) == []
