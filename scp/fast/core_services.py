"""The innermost part for number portability and toll free: queries like earlier ones, by native integers and octets.

`services` tells it shapes and forms (`core_shapes`); where a number leads is asked of `core_ported` and `core_tollfree`. What it does
not know it leaves to `services`.

Source: B4-012; services design section 10; performance.md sections 2, 3 and 7 (compiled column), mypyc native integers.
"""

from collections import Counter
from typing import final

from librt.strings import BytesWriter, read_i32_le, write_i32_le
from mypy_extensions import i64

from ain_scp.provisioning.services import LnpTables
from ain_scp.scp.fast.core_answer import write_digits
from ain_scp.scp.fast.core_ported import CorePorted
from ain_scp.scp.fast.core_shapes import CoreAsked, CoreNames, CoreShapes
from ain_scp.scp.fast.core_tables import number_of
from ain_scp.scp.fast.core_tollfree import CoreTollFree
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.int_map import NOTHING
from ain_scp.scp.fast.native_recent import NativeRecent
from ain_scp.scp.fast.ported import Key
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.fast.services import Asked, Form
from ain_scp.scp.fast.tollfree import TollFreeEndings


@final
class CoreServices:
    """Shapes, forms and outcomes over one set of tables."""

    def __init__(self, lnp: LnpTables | None, toll_free: TollFreeEndings | None) -> None:
        self._shapes = CoreShapes()
        self._names = CoreNames()
        self._answer = BytesWriter()
        self._to: i64 = 0
        self._ported = CorePorted(lnp, self._names)
        self._toll_free = None if toll_free is None else CoreTollFree(toll_free, self._names)

    def change(self, tables: LnpTables | None) -> None:
        """Ask other tables of ported numbers, over the same base, from now on; None: leave them to the general node."""
        self._ported.change(tables)

    def run(
        self,
        datagrams: list[bytes],
        answers: list[bytes | None],
        recent: Memory,
        now: int,
        second: int,
        draws: Draws | None,
    ) -> None:
        """Answer the messages after those answered while they are known here. `draws`: each uses up one."""
        if not isinstance(recent, NativeRecent):
            return
        if self._toll_free is not None:
            self._toll_free.at(second)
        at: i64 = len(answers)
        end: i64 = len(datagrams)
        moment: i64 = now
        while at < end:
            octets = datagrams[at]
            asked = self._shapes.find(octets)
            made = None if asked is None else self._answered(octets, asked, recent, moment, draws)
            if made is None:
                return
            answers.append(made)
            at += 1
            if draws is not None:
                draws.skip(1)

    def _answered(
        self, octets: bytes, asked: CoreAsked, recent: NativeRecent, now: i64, draws: Draws | None
    ) -> bytes | None:
        transaction: i64 = i64(read_i32_le(octets, asked.transaction_at))
        origin: i64 = i64(read_i32_le(octets, asked.origin_at)) & 0xFFFFFFFF
        key = transaction * 4294967296 + origin
        number = number_of(octets, asked.called_at, 10)
        if number < 0 or recent.number_of(key) != 0:
            return None
        name = self._lead(octets, asked, number, draws)
        if name < 0:
            return None
        form, writer = self._shapes.form(asked, name), self._answer
        if form is None:
            return None
        writer.truncate(0)
        writer.write(form.head)
        writer.append(octets[asked.sls_at])
        writer.write(form.middle)
        write_i32_le(writer, read_i32_le(octets, asked.transaction_at))
        writer.write(form.before)
        if form.called:
            write_digits(writer, self._to)
            writer.write(form.after)
        made = writer.getvalue()
        recent.keep_octets(key, now, recent.print_of(octets, asked.package_at, asked.package_end), made)
        self._names.count(name)
        return made

    def _lead(self, octets: bytes, asked: CoreAsked, number: i64, draws: Draws | None) -> i64:
        """The name of what a query comes to, `_to` the number to call; NOTHING: not to be told here."""
        toll_free, ported = self._toll_free, self._ported
        if asked.toll_free:
            if toll_free is None:
                return NOTHING
            kind = toll_free.kind_of(number)
            if asked.always or toll_free.claims(number, kind):
                name = toll_free.of(octets, asked, number, kind, draws)
                self._to = toll_free.to
                return name
        if not asked.ported:
            return NOTHING
        name = ported.of(number)
        self._to = ported.to
        return name

    def learn(self, octets: bytes, asked: Asked, key: Key, form: Form) -> None:
        """Take what was learned, if it is of the usual form."""
        self._shapes.learn(octets, asked, key, form, self._names)

    def doubt(self, point_code: int | None) -> None:
        """Answer no query of a node, or of any, until it was learned from again."""
        self._shapes.doubt(point_code)

    def tell(self, answers: Counter[tuple[str, str]]) -> None:
        """Add what was answered to the counts by service and outcome, and forget it."""
        self._names.tell(answers)
