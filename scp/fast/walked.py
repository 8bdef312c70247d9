"""Plain messages of no known shape: read in one walk, decided, answered by a form; that teaches the short way.

Source: general-path sections 1 and 3, A-240..A-244, A-264.
"""

from typing import NamedTuple, final

from ain_scp.scp.fast.backs import Back
from ain_scp.scp.fast.draws import Draws
from ain_scp.scp.fast.forms import Form, answer, lines
from ain_scp.scp.fast.path import FastPath
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.fast.shared import package_of
from ain_scp.scp.lower_layers import MAX_UNIT_DATA, LowerLayers
from ain_scp.scp.overload.codes import called_code, is_emergency
from ain_scp.scp.service_logic.call import MESSAGES, query_of
from ain_scp.scp.service_logic.program import Program, Undecidable
from ain_scp.signaling.flat.walk import QUERY, Flat
from ain_scp.terms.decision import Decision
from ain_scp.terms.units import MS_NS, SECOND_NS


class Walked(NamedTuple):
    """What became of a message: the answers, the counter, whether it was asked for a decision, and for an emergency call."""

    answers: list[bytes]
    outcome: str
    decided: bool = False
    emergency: bool = False


@final
class ByWalk:
    """Answers what was walked, with the memory, the draws and the lower layers of a node. It counts nothing and uses up no draw."""

    def __init__(self, recent: Memory, draws: Draws, lower: LowerLayers, ssn: int) -> None:
        self._recent = recent
        self._draws = draws
        self._lower = lower
        self._ssn = ssn

    def answer(
        self, path: FastPath, program: Program, flat: Flat, back: Back, now: int, calendar: int
    ) -> Walked | None:
        """Answer a query, or take a notification; None: nothing was done, the general way must."""
        octets, code = flat.octets, flat.code
        note = path.notes.learn(flat)
        if note is not None:
            path.lines.append(path.notes.line(note, octets, (now + calendar) // MS_NS))
            return Walked([], "notifications")
        if flat.package != QUERY or code not in MESSAGES:
            return None
        at = flat.label_at
        asked = octets[at : at + 4] + octets[flat.transaction_at : flat.transaction_at + 4]
        kept = self._recent.find(asked, now) if self._recent.knows(asked) else None
        if kept is not None:
            package = package_of(kept[2])
            print_ = self._recent.fingerprint(octets[flat.package_at : flat.package_end])
            if kept[1] != print_ or len(package) > MAX_UNIT_DATA:
                return None
            return Walked(
                [self._lower.wrapped(package, back.to, back.point_code, octets[at + 11])], "replayed"
            )
        services, criteria = program.services, flat.integer("triggerCriteriaType")
        if services is not None and services.offers(MESSAGES[code], criteria, self._ssn, None):
            return None  # it may be another service's, or of the form of one that is
        second = (now + calendar) // SECOND_NS
        try:
            query = query_of(code, flat, program.snapshot, second, self._draws.peek())
            decision = program.decide(query)
            if isinstance(decision, Undecidable):
                made = path.forms.refused(flat, back)
                return Walked([made], "undecidable", decided=True, emergency=is_emergency(called_code(flat)))
            decision = program.nameable(decision)
            identifier = path.next_echo()
            form = path.forms.of(decision, flat, back, bytes.fromhex(identifier))
            if form is None:
                return None
            made = answer(form, flat, back, decision, identifier)
        except (ValueError, LookupError):  # what no form can be made of is answered all the same, elsewhere
            return None
        emergency = is_emergency(called_code(flat))
        self._teach(path, flat, back, decision, form, (second, query.draw), emergency=emergency)
        if decision.sampled:
            path.echo += 1
            path.lines.append(lines(form, decision, identifier, str((now + calendar) // MS_NS)))
        self._recent.turn(now)
        self._recent.keep(asked, now, octets[flat.package_at : flat.package_end], made)
        return Walked([made], "answered", decided=True, emergency=emergency)

    @staticmethod
    def _teach(
        path: FastPath,
        flat: Flat,
        back: Back,
        decision: Decision,
        form: Form,
        moment: tuple[int, int],
        *,
        emergency: bool,
    ) -> None:
        """Count what was decided, and have the short way know it; emergency calls are always walked."""
        path.calls.tallies.of(decision).count += 1
        shape = None if emergency else path.shapes.learn(flat)
        call = None if shape is None else path.calls.decided(shape, flat.octets, decision)
        if shape is not None and call is not None:
            path.calls.keep(shape, len(flat.octets), call, decision, form, back.key | flat.ids, moment)
