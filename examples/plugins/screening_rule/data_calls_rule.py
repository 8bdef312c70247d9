"""Lower privilege classes make no data calls off-net: the smallest possible screening rule."""

from ain_scp.terms.screening_rule import ScreenedCall


class NoDataCalls:
    """`NO_DATA_CALLS`: below class 5, 64 kbit/s data calls stay within the company."""

    name = "NO_DATA_CALLS"

    def refuses(self, call: ScreenedCall, /) -> bool:
        """Whether it is a data call of a low class to a number that is not the customer's."""
        return not call.voice and not call.called.on_net and call.privilege_class < 5
